//! SQLite table, local keys, local queues: what `forthright serve` keeps its state in.

pub mod key_file;
pub mod lanes;
pub mod sqlite;

pub use key_file::{KeyFile, KeyFileError};
pub use lanes::{Lanes, Receivers};
pub use sqlite::{BackupError, OpenError, SqliteTable};
