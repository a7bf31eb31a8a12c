//! Where it runs: boot, invoke, freeze, stop; the Runtime API; the only unsafe code.
