//! The pieces a process's memory consists of, as `/proc/<pid>/maps` and `pagemap` tell. Reads no memory.
//!
//! Source: `proc_pid_maps(5)`, `proc_pid_pagemap(5)`.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

pub(super) const PAGE: u64 = 4096;
pub(super) const PAGE_BYTES: usize = 4096;

/// One line of `maps`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) start: u64,
    pub(super) end: u64,
    /// `PROT_*`.
    pub(super) protection: u64,
    pub(super) shared: bool,
    pub(super) offset: u64,
    /// The file, `[stack]` and the like, or nothing.
    pub(super) name: String,
}

impl Region {
    /// From a line of `maps`.
    pub(super) fn parse(line: &str) -> Option<Self> {
        // Behind five fields and the spaces that align it, a name may hold spaces.
        let mut fields = line.splitn(6, ' ');
        let (start, end) = fields.next()?.split_once('-')?;
        let hex = |text| u64::from_str_radix(text, 16).ok();
        let (start, end) = (hex(start)?, hex(end)?);
        let mut letters = fields.next()?.chars();
        let mut bit = |letter, value| if letters.next() == Some(letter) { value } else { 0 };
        let protection = bit('r', 1) | bit('w', 2) | bit('x', 4);
        let shared = bit('s', 1) == 1;
        let offset = hex(fields.next()?)?;
        let name = fields.nth(2).unwrap_or_default().trim_start().to_owned();
        Some(Self { start, end, protection, shared, offset, name })
    }

    pub(super) const fn length(&self) -> u64 {
        self.end - self.start
    }

    /// A file that can be opened by its name.
    pub(super) fn has_file(&self) -> bool {
        let made = ["/memfd:", "/dev/zero", "/SYSV", "/anon_hugepage", "//anon"];
        self.name.starts_with('/')
            && !self.name.ends_with(" (deleted)")
            && !made.iter().any(|name| self.name.starts_with(name))
    }

    /// The kernel's own pages, at another place in each process.
    pub(super) fn is_kernels(&self) -> bool {
        self.name == "[vdso]" || self.name.starts_with("[vvar")
    }
}

/// All pieces, in the order of their addresses, without the page that is at one place in all processes.
pub(super) fn regions(pid: i32) -> io::Result<Vec<Region>> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/maps"))?;
    let all: Option<Vec<_>> = text.lines().map(Region::parse).collect();
    let mut all = all.ok_or(io::ErrorKind::InvalidData)?;
    all.retain(|region| region.name != "[vsyscall]");
    Ok(all)
}

/// What is known of each page.
#[derive(Debug)]
pub(super) struct Pages(File);

impl Pages {
    pub(super) fn of(pid: i32) -> io::Result<Self> {
        Ok(Self(File::open(format!("/proc/{pid}/pagemap"))?))
    }

    /// For each page of a piece, whether the process has it for itself: written at least once.
    pub(super) fn own(&self, region: &Region) -> io::Result<Vec<bool>> {
        const PRESENT_OR_SWAPPED: u64 = 3 << 62;
        const OF_FILE: u64 = 1 << 61;
        let count = usize::try_from(region.length() / PAGE).map_err(|_| io::ErrorKind::OutOfMemory)?;
        let mut entries = vec![0; count * 8];
        self.0.read_exact_at(&mut entries, region.start / PAGE * 8)?;
        let (entries, _) = entries.as_chunks::<8>();
        let own = |entry: u64| entry & PRESENT_OR_SWAPPED != 0 && entry & OF_FILE == 0;
        Ok(entries.iter().map(|entry| own(u64::from_le_bytes(*entry))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_whole() {
        let line = "7f00-8f00 r-xs 00002000 08:01 42                   /a file with  spaces";
        let expected = Region {
            start: 0x7F00,
            end: 0x8F00,
            protection: 5,
            shared: true,
            offset: 0x2000,
            name: "/a file with  spaces".to_owned(),
        };
        assert_eq!(Region::parse(line), Some(expected));
        let anonymous = Region::parse("1000-2000 rw-p 00000000 00:00 0 ").unwrap();
        assert_eq!((anonymous.protection, anonymous.shared, anonymous.name.as_str()), (3, false, ""));
        assert_eq!(Region::parse("nonsense"), None);
    }

    #[test]
    fn what_has_no_name_any_more_has_no_file() {
        let has = |name: &str| Region::parse(&format!("1000-2000 r--p 0 0:0 0 {name}")).unwrap().has_file();
        assert!(has("/usr/lib/x.so"));
        for name in ["/tmp/x (deleted)", "/memfd:a (deleted)", "/dev/zero", "[heap]", ""] {
            assert!(!has(name), "{name}");
        }
    }
}
