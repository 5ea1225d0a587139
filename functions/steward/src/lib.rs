//! Finds what is due: stale tasks, leases, clocks.
