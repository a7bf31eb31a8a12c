//! The whole keyspace of the server on one page: each table with the parts of its keys. Never holds logic.
//!
//! A table is a constant here, named for what it holds, with its name in the store and its key in the doc:
//!
//! ```
//! use lambent_store::Table;
//! # struct Function;
//! /// Functions by account, region and name.
//! pub const FUNCTIONS: Table<Function> = Table::new("functions");
//! ```
