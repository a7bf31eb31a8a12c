//! The data plane: resolve, admit, acquire, run, settle.
