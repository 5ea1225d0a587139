//! An orderly end under load: nothing acknowledged is lost, nothing is left half done.

use std::{sync::mpsc, thread, time::Duration};

use crate::{
    copies::{Copies, pending_in},
    place::Place,
    platform::Platform,
    server::{Server, wait_until},
    traffic::{CONNECTIONS, Traffic},
};

#[test]
fn an_end_under_load_leaves_every_message_to_the_next_start() {
    const ROUNDS: usize = 3;
    let platform = Platform::start();
    let place = Place::new(&platform);
    let traffic = Traffic::new(&platform);
    let mut left = 0;
    for _ in 0..ROUNDS {
        let server = Server::start(&place);
        // Slow enough that work piles up.
        platform.slow_down(Duration::from_millis(40));
        let address = server.address();
        let (told, acknowledged) = mpsc::channel();
        thread::scope(|scope| {
            for _ in 0..CONNECTIONS {
                let told = told.clone();
                scope.spawn(|| {
                    let told = told;
                    traffic.send_until_gone(address, &told);
                });
            }
            let first = acknowledged.recv_timeout(Duration::from_secs(30));
            thread::sleep(Duration::from_millis(300));
            server.stop();
            first.expect("nothing is acknowledged");
        });
        platform.slow_down(Duration::ZERO);

        let copies = Copies::of(&place.data());
        assert!(copies.messages() >= traffic.acknowledged(), "an acknowledged message is lost");
        let pending = copies.pending();
        assert_eq!(pending.claimed, 0, "a message was claimed and not settled");
        left += pending.waiting;
        let before = copies.messages();
        copies.merge();
        assert_eq!(copies.messages(), before);
        copies.assert_sound();
    }
    assert!(left > 0, "nothing was left to the next start: the test tests nothing");
    let server = Server::start(&place);
    wait_until("pending work", || pending_in(&place.data()).waiting == 0);
    server.stop();
    let outcome = traffic.assert_all_is_well(&place);
    assert_eq!(outcome.unknown, 0, "an orderly end leaves no outcome unknown");
    println!("ended {ROUNDS} times under load: {outcome:?}; {left} messages were left to the next");
}
