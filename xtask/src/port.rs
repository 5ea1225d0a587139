//! Ports that nobody listens at.

use std::{
    io,
    net::{SocketAddr, TcpListener},
};

/// Free addresses of this machine, each with a port of its own.
pub(crate) fn free<const COUNT: usize>() -> io::Result<[SocketAddr; COUNT]> {
    let mut found = [SocketAddr::from(([127, 0, 0, 1], 0)); COUNT];
    // Held until all are found, so that none is found twice.
    let mut held = Vec::with_capacity(COUNT);
    for address in &mut found {
        let listener = TcpListener::bind(*address)?;
        *address = listener.local_addr()?;
        held.push(listener);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_ports_differ() {
        let [one, two] = free().unwrap();
        assert_ne!(one.port(), two.port());
        assert!(one.ip().is_loopback() && one.port() != 0);
    }
}
