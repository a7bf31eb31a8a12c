//! Zips put together byte by byte, so that every field can lie. Never checks what it writes.

/// One entry; fields that are `None` tell the truth.
#[derive(Debug, Clone)]
pub(super) struct RawEntry {
    pub(super) name: Vec<u8>,
    pub(super) content: Vec<u8>,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc: Option<u32>,
    /// Compressed and uncompressed size as stated in both headers.
    pub(super) sizes: Option<(u32, u32)>,
    pub(super) made_by: u16,
    pub(super) attributes: u32,
    pub(super) extra: Vec<u8>,
    /// Bytes after the content, such as a data descriptor.
    pub(super) trailer: Vec<u8>,
    /// Sizes and CRC of zero in the local header, as streamed zips have.
    pub(super) streamed: bool,
}

const UNIX: u16 = (3 << 8) | 20;

impl RawEntry {
    /// A stored file `rw-r--r--` made on Unix.
    pub(super) fn file(name: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Self {
        Self {
            name: name.as_ref().to_vec(),
            content: content.as_ref().to_vec(),
            flags: 0,
            method: 0,
            crc: None,
            sizes: None,
            made_by: UNIX,
            attributes: 0o100_644 << 16,
            extra: Vec::new(),
            trailer: Vec::new(),
            streamed: false,
        }
    }

    pub(super) fn symlink(name: &str, target: impl AsRef<[u8]>) -> Self {
        Self::file(name, target).mode(0o120_777)
    }

    pub(super) fn mode(mut self, mode: u32) -> Self {
        self.attributes = mode << 16;
        self
    }

    fn crc(&self) -> u32 {
        self.crc.unwrap_or_else(|| crc32(&self.content))
    }

    fn sizes(&self) -> (u32, u32) {
        let length = u32::try_from(self.content.len()).unwrap();
        self.sizes.unwrap_or((length, length))
    }

    fn shared_fields(&self, crc: u32, (packed, unpacked): (u32, u32)) -> Vec<u8> {
        let mut out = Vec::new();
        for field in [20, self.flags, self.method, 0x6000, 0x5D6E] {
            out.extend(u16::to_le_bytes(field));
        }
        for field in [crc, packed, unpacked] {
            out.extend(field.to_le_bytes());
        }
        for length in [self.name.len(), self.extra.len()] {
            out.extend(u16::try_from(length).unwrap().to_le_bytes());
        }
        out
    }

    pub(super) fn local(&self) -> Vec<u8> {
        let (crc, sizes) = if self.streamed { (0, (0, 0)) } else { (self.crc(), self.sizes()) };
        let fields = self.shared_fields(crc, sizes);
        [b"PK\x03\x04".as_slice(), fields.as_slice(), &self.name, &self.extra, &self.content, &self.trailer]
            .concat()
    }

    pub(super) fn central(&self, offset: u32) -> Vec<u8> {
        let fields = self.shared_fields(self.crc(), self.sizes());
        let mut rest = vec![0; 6];
        rest.extend(self.attributes.to_le_bytes());
        rest.extend(offset.to_le_bytes());
        [
            b"PK\x01\x02".as_slice(),
            &self.made_by.to_le_bytes(),
            fields.as_slice(),
            &rest,
            &self.name,
            &self.extra,
        ]
        .concat()
    }
}

/// A zip of these entries, in order.
pub(super) fn build(entries: &[RawEntry]) -> Vec<u8> {
    let (mut body, mut directory) = (Vec::new(), Vec::new());
    for entry in entries {
        directory.extend(entry.central(u32::try_from(body.len()).unwrap()));
        body.extend(entry.local());
    }
    finish(body, &directory, entries.len())
}

/// Puts the directory and its end record behind `body`.
pub(super) fn finish(body: Vec<u8>, directory: &[u8], count: usize) -> Vec<u8> {
    let count = u16::try_from(count).unwrap();
    let mut zip = body;
    let start = u32::try_from(zip.len()).unwrap();
    zip.extend(directory);
    zip.extend(b"PK\x05\x06\0\0\0\0");
    zip.extend(count.to_le_bytes());
    zip.extend(count.to_le_bytes());
    zip.extend(u32::try_from(directory.len()).unwrap().to_le_bytes());
    zip.extend(start.to_le_bytes());
    zip.extend([0, 0]);
    zip
}

/// A zip64 end record that claims `count` entries, its locator, and an end record full of ones.
pub(super) fn zip64_end(zip: &mut Vec<u8>, directory_at: u64, directory_bytes: u64, count: u64) {
    let at = zip.len() as u64;
    zip.extend(b"PK\x06\x06");
    zip.extend(44_u64.to_le_bytes());
    zip.extend([45, 3, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for field in [count, count, directory_bytes, directory_at] {
        zip.extend(field.to_le_bytes());
    }
    zip.extend(b"PK\x06\x07\0\0\0\0");
    zip.extend(at.to_le_bytes());
    zip.extend(1_u32.to_le_bytes());
    zip.extend(b"PK\x05\x06\0\0\0\0");
    zip.extend([0xFF; 12]);
    zip.extend([0, 0]);
}

/// Bit by bit, since nothing here is large.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 },
        )
    })
}
