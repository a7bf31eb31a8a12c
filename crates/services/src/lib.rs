//! The operations: AWS verbs turned into core, store and dispatch.
