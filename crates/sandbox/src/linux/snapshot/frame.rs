//! The frame from which `rt_sigreturn` fills all registers of a thread. Pure.
//!
//! Source: `struct rt_sigframe` in Linux's `arch/x86/include/asm/sigframe.h`, `struct _fpx_sw_bytes` in `sigcontext.h`.

use super::Unfit;
use super::threads::State;

/// Frame and what it points at start at multiples of this.
const ALIGNMENT: usize = 64;
const EXTENDED_AT: usize = 448;
/// The part of the extended state that tells of itself, in an area no processor uses.
const SOFTWARE_AT: usize = 464;
const MAGIC_1: u32 = 0x4650_5853;
const MAGIC_2: u32 = 0x4650_5845;
/// Extended state; stack segment saved, and to be restored.
const CONTEXT_FLAGS: u64 = 7;

/// The frame as it lies at `address`, a multiple of 64. The stack pointer must be 8 above it.
pub(super) fn frame(state: &State, address: u64) -> Result<Vec<u8>, Unfit> {
    let r = &state.registers;
    let mut frame = Vec::with_capacity(EXTENDED_AT + state.extended.len() + 8);
    // Where a handler would have returned to; the flags; no further context.
    extend(&mut frame, &[0, CONTEXT_FLAGS, 0]);
    frame.extend(state.signal_stack);
    let numbers = [r.r8, r.r9, r.r10, r.r11, r.r12, r.r13, r.r14, r.r15, r.rdi, r.rsi, r.rbp, r.rbx];
    extend(&mut frame, &numbers);
    extend(&mut frame, &[r.rdx, r.rax, r.rcx, r.rsp, r.rip, r.eflags]);
    let segments = (r.cs & 0xFFFF) | (r.ss & 0xFFFF) << 48;
    let extended = address + EXTENDED_AT as u64;
    extend(&mut frame, &[segments, 0, 0, 0, 0, extended]);
    frame.extend([0; 64]);
    frame.extend(state.signal_mask.to_le_bytes());
    frame.resize(EXTENDED_AT, 0);
    frame.extend(with_marks(&state.extended).ok_or_else(|| Unfit::new("its processor state is too short"))?);
    Ok(frame)
}

fn extend(frame: &mut Vec<u8>, words: &[u64]) {
    frame.extend(words.iter().flat_map(|word| word.to_le_bytes()));
}

/// The extended state with what `rt_sigreturn` wants to see: how large it is and what is in it.
fn with_marks(extended: &[u8]) -> Option<Vec<u8>> {
    let size = u32::try_from(extended.len()).ok()?;
    let features: [u8; 8] = extended.get(SOFTWARE_AT..)?.first_chunk().copied()?;
    let mut marked = extended.to_vec();
    let marks = [MAGIC_1.to_le_bytes(), (size + 4).to_le_bytes()].into_iter().flatten();
    let marks = marks.chain(features).chain(size.to_le_bytes()).chain([0; 28]);
    marked.get_mut(SOFTWARE_AT..512)?.iter_mut().zip(marks).for_each(|(byte, mark)| *byte = mark);
    marked.extend(MAGIC_2.to_le_bytes());
    Some(marked)
}

const _: () = assert!(EXTENDED_AT.is_multiple_of(ALIGNMENT), "FXRSTOR wants it");
