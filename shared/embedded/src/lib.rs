//! SQLite table, local keys, local queues.
