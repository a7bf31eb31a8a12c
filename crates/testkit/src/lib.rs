//! Paused clock, loaded dice, fake sandbox, a whole server in one process.
