//! What leaves on every channel: with what can be pressed, no faster than the account may, and what its refusals mean.

use std::{num::NonZeroU32, time::Duration};

use forthright_core::{
    Account, Channel,
    offer::{Choice, Offer, Rating},
    table::Attribute,
};
use forthright_testkit::standin::{Behaviour, Customer};
use http::Method;
use serde_json::json;

use crate::desk::{Desk, ORDER, Setting, account_on, customer, desk_on, texts};

const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn an_answer_offers_a_way_to_a_person_and_pressing_it_calls_one() {
    for channel in Channel::ALL {
        let (desk, who) = desk_on(channel);
        desk.serves(&who, ORDER).await;
        let stand_in = &desk.line.stand_in;
        let offered = stand_in.sent()[0].offered.clone();
        let [(payload, title)] = offered.as_slice() else { panic!("one thing to press") };
        assert_eq!((payload.as_str(), title.as_str()), ("forthright.person", "Talk to a person"));
        // Whatever stands on it, in whichever language: what counts is what it is.
        let offer = Offer { choice: Choice::Person, title: "CANARY".to_owned() };
        desk.ask(stand_in.presses(&who, &offer, "m_CANARYpressed")).await;
        desk.pump().await;
        assert_eq!(desk.reasons().await, ["asked_for_person"]);
        assert_eq!(desk.sent().len(), 2, "the machine says once that a person was called");
        assert!(stand_in.sent()[1].offered.is_empty(), "and offers nothing any more");
        desk.serves(&who, ORDER).await;
        assert_eq!(desk.sent().len(), 2);
    }
}

#[tokio::test]
async fn a_rating_is_kept_and_answered_with_nothing() {
    for channel in Channel::ALL {
        let (desk, who) = desk_on(channel);
        let choice = Choice::Rating(Rating::ALL[1]);
        let offer = Offer { choice, title: "4: good".to_owned() };
        desk.ask(desk.line.stand_in.presses(&who, &offer, "m_CANARYrated")).await;
        desk.pump().await;
        assert_eq!(texts(&desk.messages(), Attribute::Reason), ["rated"]);
        assert!(desk.sent().is_empty() && desk.cases().await.is_empty());
        let id = who.ids()[0].value.reveal().clone();
        let export = desk.export(&id).await;
        assert_eq!(export["messages"][0]["text"], "4: good");
    }
}

#[tokio::test]
async fn two_machines_do_not_talk_for_ever() {
    for channel in Channel::ALL {
        // Each is the other's customer: whatever one says, the other hears as a person's words.
        let (one, other) = (desk_on(channel), desk_on(channel));
        let mut words = ORDER.to_owned();
        for round in 0..20 {
            let (desk, who) = if round % 2 == 0 { &one } else { &other };
            let before = desk.sent().len();
            desk.serves(who, &words).await;
            let Some(answer) = desk.sent().get(before).cloned() else {
                break;
            };
            words = answer;
        }
        let said = one.0.sent().len() + other.0.sent().len();
        assert!((1..=5).contains(&said), "{channel}: {said} answers");
        // And one that hears itself.
        let (desk, who) = desk_on(channel);
        desk.serves(&who, ORDER).await;
        for round in 0..20 {
            let Some(last) = desk.sent().get(round).cloned() else {
                break;
            };
            desk.serves(&who, &last).await;
        }
        assert!(desk.sent().len() <= 5, "{channel}: {} answers", desk.sent().len());
    }
}

/// What comes of an agent's answer so long after the customer's message.
async fn answered_after(account: Account, who: &Customer, span: Duration) -> (u16, Vec<bool>) {
    let desk = Desk::with(Setting { account: Some(account), ..Setting::default() });
    desk.serves(who, "agent").await;
    let case = desk.cases().await[0]["case"].as_str().unwrap().to_owned();
    desk.time.advance(span);
    let path = format!("/api/cases/{case}/answer");
    let (status, body) = desk.api(Method::POST, &path, json!({ "text": "CANARY words" })).await;
    desk.pump().await;
    if status == 409 {
        assert_eq!(body["reason"], "window_closed");
    }
    let sent = desk.line.stand_in.sent();
    let agents = sent.iter().filter(|one| one.text.reveal() == "CANARY words");
    (status, agents.map(|one| one.is_tagged).collect())
}

#[tokio::test]
async fn people_may_answer_for_seven_days_where_the_platform_lets_them() {
    let (account, who) =
        (account_on(Channel::Messenger), Customer::on_messenger("CANARY1", "CANARY"));
    let standard = Account { people_window: DAY, ..account.clone() };
    for (span, with, without) in [
        (Duration::from_hours(1), (202, vec![false]), (202, vec![false])),
        (DAY, (202, vec![true]), (409, vec![])),
        (DAY * 6, (202, vec![true]), (409, vec![])),
        (DAY * 7, (409, vec![]), (409, vec![])),
    ] {
        assert_eq!(answered_after(account.clone(), &who, span).await, with, "{span:?}");
        assert_eq!(answered_after(standard.clone(), &who, span).await, without, "{span:?}");
    }
    let ada = customer(Some("4915550000001"), None, "CANARY Ada");
    let whatsapp = account_on(Channel::WhatsApp);
    assert_eq!(answered_after(whatsapp, &ada, DAY).await, (409, vec![]));
}

#[tokio::test]
async fn no_machine_writes_after_the_window_whatever_people_may() {
    let (desk, who) = desk_on(Channel::Messenger);
    desk.hears(&who, ORDER).await;
    desk.deliver_and_lose().await;
    desk.time.advance(DAY);
    desk.recover().await;
    assert!(desk.sent().is_empty());
    assert_eq!(desk.reasons().await, ["window_closed"]);
}

#[tokio::test]
async fn an_account_sends_no_faster_than_it_may() {
    for channel in Channel::ALL {
        let account =
            Account { messages_per_second: NonZeroU32::new(4).unwrap(), ..account_on(channel) };
        let desk = Desk::with(Setting { account: Some(account), ..Setting::default() });
        for number in 0..40 {
            let who = match channel {
                Channel::WhatsApp => customer(Some(&format!("49155500001{number:02}")), None, "C"),
                Channel::Messenger => Customer::on_messenger(&format!("CANARY{number}"), "C"),
            };
            desk.hears(&who, ORDER).await;
        }
        let start = desk.time.now();
        desk.pump().await;
        // A second's worth at once, then an even pace; who must wait is answered all the same.
        let at: Vec<_> = desk.line.stand_in.sent().iter().map(|one| one.at).collect();
        assert_eq!((at.len(), desk.states()), (40, vec!["answered".to_owned(); 40]));
        assert!(at.iter().filter(|time| time.since(start).is_zero()).count() <= 4);
        assert!(at.windows(5).all(|five| five[4].since(five[0]) >= Duration::from_millis(249)));
        assert!(at[39].since(start) >= Duration::from_secs(8), "{:?}", at[39].since(start));
    }
}

#[tokio::test]
async fn who_sent_too_much_rests_as_long_as_the_platform_asks() {
    for channel in Channel::ALL {
        let (desk, who) = desk_on(channel);
        desk.script(&[Behaviour::RateLimit { retry_after: Some(90) }]);
        desk.serves(&who, ORDER).await;
        let other = match channel {
            Channel::WhatsApp => customer(Some("4915550000009"), None, "CANARY"),
            Channel::Messenger => Customer::on_messenger("CANARY9", "CANARY"),
        };
        desk.serves(&other, ORDER).await;
        assert_eq!(desk.line.calls(), 1, "nothing else is tried from this account");
        assert_eq!(desk.states(), ["decided", "decided"]);
        desk.after(Duration::from_mins(1)).await;
        assert_eq!(desk.line.calls(), 1);
        desk.after(Duration::from_mins(1)).await;
        assert_eq!(desk.states(), ["answered", "answered"]);
        assert_eq!(desk.sent().len(), 2);
    }
}

#[tokio::test]
async fn a_person_at_the_desk_reads_why_the_platform_did_not_take_it() {
    for (channel, code, reason) in [
        (Channel::WhatsApp, 131_047, "window_closed"),
        (Channel::WhatsApp, 131_026, "unreachable"),
        (Channel::WhatsApp, 131_031, "account_restricted"),
        (Channel::WhatsApp, 131_051, "refused"),
        (Channel::Messenger, 551, "unreachable"),
        (Channel::Messenger, 368, "account_restricted"),
        (Channel::Messenger, 100, "refused"),
    ] {
        let (desk, who) = desk_on(channel);
        desk.script(&[Behaviour::GraphError { status: 400, code }]);
        desk.serves(&who, ORDER).await;
        assert_eq!(desk.reasons().await, [reason], "{channel} {code}");
        assert_eq!(desk.states(), ["human"]);
    }
}
