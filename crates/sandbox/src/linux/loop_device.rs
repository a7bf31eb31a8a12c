//! What the kernel is told about a new loop device, laid out as it wants it. Never talks to the kernel itself.
//!
//! Source: `linux/loop.h` of Linux 5.8 and later.

use std::marker::PhantomData;
use std::os::fd::{AsRawFd, BorrowedFd};

/// The device lets go of its file by itself once nobody has it open or mounted.
const LO_FLAGS_AUTOCLEAR: u32 = 4;

/// `struct loop_info64` of the kernel.
#[repr(C)]
struct LoopInfo {
    device: u64,
    inode: u64,
    rdevice: u64,
    offset: u64,
    size_limit: u64,
    number: u32,
    encrypt_type: u32,
    encrypt_key_size: u32,
    flags: u32,
    file_name: [u8; 64],
    crypt_name: [u8; 64],
    encrypt_key: [u8; 32],
    init: [u64; 2],
}

/// `struct loop_config` of the kernel: a file to be put behind a device that lets go of it by itself.
#[repr(C)]
pub(super) struct LoopConfig<'fd> {
    fd: u32,
    block_size: u32,
    info: LoopInfo,
    reserved: [u64; 8],
    file: PhantomData<BorrowedFd<'fd>>,
}

impl<'fd> LoopConfig<'fd> {
    /// For this file. Who lists loop devices sees `name`.
    pub(super) fn new(file: BorrowedFd<'fd>, name: &str) -> Self {
        let mut file_name = [0; 64];
        for (to, from) in file_name.iter_mut().zip(name.bytes().take(63)) {
            *to = from;
        }
        let info = LoopInfo {
            device: 0,
            inode: 0,
            rdevice: 0,
            offset: 0,
            size_limit: 0,
            number: 0,
            encrypt_type: 0,
            encrypt_key_size: 0,
            flags: LO_FLAGS_AUTOCLEAR,
            file_name,
            crypt_name: [0; 64],
            encrypt_key: [0; 32],
            init: [0; 2],
        };
        let fd = file.as_raw_fd().cast_unsigned();
        Self { fd, block_size: 4096, info, reserved: [0; 8], file: PhantomData }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_is_the_kernels() {
        assert_eq!((size_of::<LoopInfo>(), size_of::<LoopConfig<'_>>()), (232, 304));
    }
}
