//! The `forthright` program.
