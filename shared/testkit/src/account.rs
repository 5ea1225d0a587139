//! An account to test with, on any platform.

use std::num::NonZeroU32;

use forthright_core::{Account, Address, Channel, Secret, gate::WINDOW};

/// The account `id` of the brand `acme`: signed with `app`, subscribed with `verify`, opened with `token`. A test changes
/// what it needs otherwise.
///
/// # Panics
///
/// If `id` is no account's id.
#[expect(clippy::expect_used, reason = "a test that cannot be set up must stop")]
pub fn account(channel: Channel, id: &str) -> Account {
    Account {
        at: Address {
            brand: "acme".parse().expect("a name"),
            channel,
            account: id.parse().expect("an account's id"),
        },
        api_base: "https://graph.facebook.com".to_owned(),
        api_version: "v25.0".to_owned(),
        app_secrets: vec![Secret::from("app")],
        verify_token: Secret::from("verify"),
        access_token: Secret::from("token"),
        messages_per_second: NonZeroU32::MAX,
        people_window: WINDOW,
    }
}
