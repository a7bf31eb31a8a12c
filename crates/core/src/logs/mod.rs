//! What is true of CloudWatch Logs: groups, and the patterns that events are filtered by. Never holds an event.

pub mod group;
pub mod pattern;
