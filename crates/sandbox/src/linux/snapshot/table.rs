//! A program that does nothing but a list of system calls: as bytes of an executable file. Never runs here.
//!
//! It has no library, stack or memory of its own to write to, so it can build the memory of another process around
//! itself. Its machine code is this, the list's address patched in:
//!
//! ```text
//! start:  find AT_SYSINFO_EHDR in the auxiliary vector -> r15
//!         mov  rbx, LIST
//! next:   load number, flags, six arguments from [rbx]
//!         VDSO:       first argument += r15        KEPT:   first argument = r13
//!         KEPT_FIFTH: fifth argument = r13         STACK:  rsp = extra
//!         syscall
//!         KEEP:       r13 = result
//!         CLONE:      in the new thread: rbx = extra, next
//!         an error:   exit_group(125)
//!         STORE:      [extra] = result, 32 bits
//!         rbx += 64, next
//! ```

use super::Unfit;

/// What to do beside a call; the bits the machine code tests.
pub(super) mod flag {
    /// The first argument is counted from the vDSO.
    pub(in super::super) const VDSO: u32 = 1;
    /// The first argument is the result that was kept.
    pub(in super::super) const KEPT: u32 = 2;
    /// The fifth argument is the result that was kept.
    pub(in super::super) const KEPT_FIFTH: u32 = 4;
    /// The stack pointer becomes `extra` first.
    pub(in super::super) const STACK: u32 = 8;
    /// The result is kept.
    pub(in super::super) const KEEP: u32 = 16;
    /// A new thread goes on at `extra`.
    pub(in super::super) const CLONE: u32 = 32;
    /// The result is written to the address in `extra`.
    pub(in super::super) const STORE: u32 = 64;
}

/// How the program ends where a call fails.
pub(crate) const FAILED: u8 = 125;
/// All of the program lies below this offset of its file, the memory it restores above.
pub(super) const SIZE_MAX: u64 = 4 << 20;
/// Space the program leaves free at its end, for the kernel's own pages on their way.
pub(super) const SCRATCH: u64 = 64 << 10;
const PAGE: u64 = 4096;
const CODE_AT: u16 = 0x200;
const DATA_AT: u16 = 0x300;
/// Where in the code the list's address stands.
const LIST_ADDRESS_AT: usize = 44;
#[rustfmt::skip]
const CODE: [u8; 202] = [
    0x48, 0x8B, 0x0C, 0x24, 0x48, 0x8D, 0x7C, 0xCC, 0x10, 0x48, 0x8B, 0x07, 0x48, 0x83, 0xC7, 0x08,
    0x48, 0x85, 0xC0, 0x75, 0xF4, 0x48, 0x8B, 0x07, 0x4C, 0x8B, 0x7F, 0x08, 0x48, 0x83, 0xC7, 0x10,
    0x83, 0xF8, 0x21, 0x74, 0x05, 0x48, 0x85, 0xC0, 0x75, 0xEB, 0x48, 0xBB, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x8B, 0x03, 0x8B, 0x6B, 0x04, 0x48, 0x8B, 0x7B, 0x08, 0x48, 0x8B, 0x73,
    0x10, 0x48, 0x8B, 0x53, 0x18, 0x4C, 0x8B, 0x53, 0x20, 0x4C, 0x8B, 0x43, 0x28, 0x4C, 0x8B, 0x4B,
    0x30, 0xF7, 0xC5, 0x01, 0x00, 0x00, 0x00, 0x74, 0x03, 0x4C, 0x01, 0xFF, 0xF7, 0xC5, 0x02, 0x00,
    0x00, 0x00, 0x74, 0x03, 0x4C, 0x89, 0xEF, 0xF7, 0xC5, 0x04, 0x00, 0x00, 0x00, 0x74, 0x03, 0x4D,
    0x89, 0xE8, 0xF7, 0xC5, 0x08, 0x00, 0x00, 0x00, 0x74, 0x04, 0x48, 0x8B, 0x63, 0x38, 0x0F, 0x05,
    0xF7, 0xC5, 0x10, 0x00, 0x00, 0x00, 0x74, 0x03, 0x49, 0x89, 0xC5, 0xF7, 0xC5, 0x20, 0x00, 0x00,
    0x00, 0x74, 0x0B, 0x48, 0x85, 0xC0, 0x75, 0x06, 0x48, 0x8B, 0x5B, 0x38, 0xEB, 0x96, 0x48, 0x3D,
    0x01, 0xF0, 0xFF, 0xFF, 0x73, 0x17, 0xF7, 0xC5, 0x40, 0x00, 0x00, 0x00, 0x74, 0x06, 0x48, 0x8B,
    0x4B, 0x38, 0x89, 0x01, 0x48, 0x83, 0xC3, 0x40, 0xE9, 0x77, 0xFF, 0xFF, 0xFF, 0xBF, FAILED, 0x00,
    0x00, 0x00, 0xB8, 0xE7, 0x00, 0x00, 0x00, 0x0F, 0x05, 0xF4,
];

/// One system call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    number: u32,
    arguments: [u64; 6],
    flags: u32,
    extra: u64,
}

impl Call {
    /// With these arguments and zeros after them.
    pub(super) fn new<const N: usize>(number: libc::c_long, given: [u64; N]) -> Self {
        let mut arguments = [0; 6];
        arguments.iter_mut().zip(given).for_each(|(argument, value)| *argument = value);
        let number = u32::try_from(number).expect("system call numbers are small");
        Self { number, arguments, flags: 0, extra: 0 }
    }

    /// With these bits of [`flag`].
    pub(super) const fn with(self, flags: u32) -> Self {
        Self { flags: self.flags | flags, ..self }
    }

    /// With a bit that needs an address.
    pub(super) const fn with_extra(self, flag: u32, extra: u64) -> Self {
        Self { flags: self.flags | flag, extra, ..self }
    }

    fn bytes(self) -> impl Iterator<Item = u8> {
        let head = [self.number.to_le_bytes(), self.flags.to_le_bytes()].into_iter().flatten();
        let words = self.arguments.into_iter().chain([self.extra]);
        head.chain(words.flat_map(u64::to_le_bytes))
    }
}

/// The lists of calls and the data they point at, laid out from a fixed address.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) base: u64,
    data: Vec<u8>,
    lists: Vec<Vec<Call>>,
}

impl Table {
    /// With one empty list, the first thread's.
    pub(super) fn new(base: u64) -> Self {
        Self { base, data: Vec::new(), lists: vec![Vec::new()] }
    }

    /// Adds a call to the first thread's list.
    pub(super) fn push(&mut self, call: Call) {
        if let Some(first) = self.lists.first_mut() {
            first.push(call);
        }
    }

    /// Adds the list of another thread; [`Table::file`] gives its start to the call with `CLONE` and its index.
    pub(super) fn push_list(&mut self, list: Vec<Call>) -> u64 {
        self.lists.push(list);
        self.lists.len() as u64 - 1
    }

    /// Adds bytes, aligned to 64; their address.
    pub(super) fn data(&mut self, bytes: &[u8]) -> u64 {
        self.data.resize(self.data.len().next_multiple_of(64), 0);
        let address = self.base + u64::from(DATA_AT) + self.data.len() as u64;
        self.data.extend_from_slice(bytes);
        address
    }

    /// Where the data would go next.
    pub(super) fn next_data(&self) -> u64 {
        self.base + u64::from(DATA_AT) + self.data.len().next_multiple_of(64) as u64
    }

    /// The free space at the end of the program.
    pub(super) const fn scratch(&self) -> u64 {
        self.base + SIZE_MAX - SCRATCH
    }

    /// The beginning of the executable file, [`SIZE_MAX`] long at most.
    pub(super) fn file(mut self) -> Result<Vec<u8>, Unfit> {
        let list_at = self.data(&[]);
        let mut starts = vec![];
        let mut at = list_at;
        for list in &self.lists {
            starts.push(at);
            at += 64 * list.len() as u64;
        }
        if at > self.scratch() {
            return Err(Unfit::new("its memory is in too many pieces"));
        }
        let mut file = elf_head(self.base);
        file.resize(usize::from(CODE_AT), 0);
        let (before, after) = CODE.split_at(LIST_ADDRESS_AT);
        file.extend_from_slice(before);
        file.extend_from_slice(&list_at.to_le_bytes());
        file.extend_from_slice(after.get(8..).unwrap_or_default());
        file.resize(usize::from(DATA_AT), 0);
        file.append(&mut self.data);
        for mut call in self.lists.into_iter().flatten() {
            if call.flags & flag::CLONE != 0 {
                call.extra =
                    usize::try_from(call.extra).ok().and_then(|n| starts.get(n).copied()).unwrap_or(0);
            }
            file.extend(call.bytes());
        }
        Ok(file)
    }
}

/// The head of an executable whose first [`SIZE_MAX`] bytes are mapped at `base`, readable and executable.
fn elf_head(base: u64) -> Vec<u8> {
    const HEADER: u16 = 64;
    const PROGRAM_HEADER: u16 = 56;
    let mut head = vec![0x7F, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    // ET_EXEC for EM_X86_64, version 1.
    head.extend([2, 0, 62, 0, 1, 0, 0, 0]);
    longs(&mut head, &[base + u64::from(CODE_AT), u64::from(HEADER), 0]);
    head.extend(0_u32.to_le_bytes());
    head.extend([HEADER, PROGRAM_HEADER, 2, 0, 0, 0].into_iter().flat_map(u16::to_le_bytes));
    // PT_LOAD, readable and executable.
    head.extend([1, 0, 0, 0, 5, 0, 0, 0]);
    longs(&mut head, &[0, base, base, SIZE_MAX, SIZE_MAX, PAGE]);
    // PT_GNU_STACK, not executable.
    head.extend([0x51, 0xE5, 0x74, 0x64, 6, 0, 0, 0]);
    longs(&mut head, &[0, 0, 0, 0, 0, 16]);
    head
}

fn longs(head: &mut Vec<u8>, numbers: &[u64]) {
    head.extend(numbers.iter().flat_map(|n| n.to_le_bytes()));
}
