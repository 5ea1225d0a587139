use forthright_core::{
    Address, CaseId, Channel, Pid,
    gate::{Held, Suppressed, WINDOW},
    offer::Rating,
};
use proptest::prelude::*;

use super::*;

const NOW: Time = Time::from_seconds(1_700_000_000);
const LATE_AFTER: Duration = Duration::from_mins(15);
const THIS: Eid = Eid::from_bytes([7; 16]);
const EARLIER: Eid = Eid::from_bytes([6; 16]);

fn open_gate() -> Gate {
    let at = Address {
        brand: "demo".parse().unwrap(),
        channel: Channel::WhatsApp,
        account: "200417739962058".parse().unwrap(),
    };
    Gate::first(Pid::from_bytes([1; 16]), at).heard(NOW)
}

fn suppressed(by: Option<Eid>) -> Gate {
    Gate { suppressed: Some(Suppressed { at: NOW, by }), ..open_gate() }
}

fn held() -> Gate {
    Gate { held: Some(Held { case: CaseId::opened_by(EARLIER), spoke: false }), ..open_gate() }
}

fn restricted() -> Gate {
    Gate { restricted_at: Some(NOW), ..open_gate() }
}

fn window_closed() -> Gate {
    Gate { window_from: Some(NOW.minus(WINDOW)), ..open_gate() }
}

fn facts(gate: &Gate) -> Facts<'_> {
    Facts {
        eid: THIS,
        content_is_text: true,
        pressed: None,
        platform_at: NOW,
        now: NOW,
        late_after: LATE_AFTER,
        gate,
    }
}

fn found(intent: Intent, confidence_permille: u16) -> Detection {
    Detection { intent, confidence_permille, is_whole_message: false, detector: "test" }
}

fn routed(gate: &Gate, intent: Intent) -> Route {
    decide(&facts(gate), Some(&found(intent, 1_000)))
}

fn to_person(reason: Reason, acknowledgement: Option<&str>) -> Route {
    Route::Person { reason, acknowledgement: acknowledgement.map(str::to_owned) }
}

fn opted_out() -> Route {
    Route::OptOut { confirmation: "stop".to_owned() }
}

fn late(gate: &Gate) -> Facts<'_> {
    Facts { platform_at: NOW.minus(LATE_AFTER).minus(Duration::from_millis(1)), ..facts(gate) }
}

#[test]
fn an_open_gate_lets_the_intent_decide() {
    let gate = open_gate();
    for (intent, route) in [
        (Intent::OrderStatus, Route::Reply { template: "order_status".to_owned() }),
        (Intent::Refund, Route::Reply { template: "refund".to_owned() }),
        (Intent::TalkToPerson, to_person(Reason::AskedForPerson, Some("talk_to_person"))),
        (Intent::MyData, to_person(Reason::MyData, Some("my_data"))),
        (Intent::Stop, opted_out()),
        (Intent::NoneOfThese, to_person(Reason::NotUnderstood, Some("none_of_these"))),
    ] {
        assert_eq!(routed(&gate, intent), route, "{intent}");
    }
}

#[test]
fn what_is_not_sure_enough_is_not_understood() {
    let gate = open_gate();
    let not_understood = to_person(Reason::NotUnderstood, Some("none_of_these"));
    for intent in Intent::ALL {
        let unsure = found(intent, CONFIDENCE_PERMILLE_MIN - 1);
        assert_eq!(decide(&facts(&gate), Some(&unsure)), not_understood, "{intent}");
    }
    let sure = found(Intent::Refund, CONFIDENCE_PERMILLE_MIN);
    assert!(matches!(decide(&facts(&gate), Some(&sure)), Route::Reply { .. }));
    assert_eq!(decide(&facts(&gate), None), not_understood);
}

#[test]
fn a_closed_gate_silences_the_machine_and_calls_a_person() {
    for (gate, reason) in [
        (held(), Reason::HeldByPerson),
        (suppressed(None), Reason::OptedOut),
        (suppressed(Some(EARLIER)), Reason::OptedOut),
        (restricted(), Reason::Restricted),
        (window_closed(), Reason::WindowClosed),
    ] {
        for intent in Intent::ALL.into_iter().filter(|&intent| intent != Intent::Stop) {
            assert_eq!(routed(&gate, intent), to_person(reason, None), "{reason} {intent}");
        }
        assert!(!machine_may_answer(&facts(&gate)), "{reason}");
    }
    assert!(machine_may_answer(&facts(&open_gate())));
    assert!(!machine_may_answer(&late(&open_gate())));
    assert!(!machine_may_answer(&Facts { content_is_text: false, ..facts(&open_gate()) }));
}

#[test]
fn of_several_reasons_the_first_in_the_order_is_told() {
    let all = Gate {
        held: held().held,
        suppressed: suppressed(None).suppressed,
        restricted_at: Some(NOW),
        window_from: None,
        ..open_gate()
    };
    let reason = |gate: &Gate| decide(&late(gate), Some(&found(Intent::Refund, 1_000)));
    assert_eq!(reason(&all), to_person(Reason::HeldByPerson, None));
    let all = Gate { held: None, ..all };
    assert_eq!(reason(&all), to_person(Reason::OptedOut, None));
    let all = Gate { suppressed: None, ..all };
    assert_eq!(reason(&all), to_person(Reason::Restricted, None));
    let all = Gate { restricted_at: None, ..all };
    assert_eq!(reason(&all), to_person(Reason::Late, None));
    assert_eq!(routed(&all, Intent::Refund), to_person(Reason::WindowClosed, None));
}

#[test]
fn late_is_later_than_the_brand_allows_and_a_clock_ahead_is_not_late() {
    let gate = open_gate();
    let refund = found(Intent::Refund, 1_000);
    assert_eq!(decide(&late(&gate), Some(&refund)), to_person(Reason::Late, None));
    for platform_at in [NOW.minus(LATE_AFTER), NOW.plus(LATE_AFTER)] {
        let in_time = Facts { platform_at, ..facts(&gate) };
        assert!(matches!(decide(&in_time, Some(&refund)), Route::Reply { .. }));
    }
}

#[test]
fn an_opt_out_acts_at_once_whatever_else_holds() {
    for gate in [open_gate(), held(), restricted(), window_closed()] {
        assert_eq!(routed(&gate, Intent::Stop), opted_out());
        assert_eq!(decide(&late(&gate), Some(&found(Intent::Stop, 950))), opted_out());
    }
}

#[test]
fn an_opt_out_is_confirmed_once() {
    let again = Route::Silent { silence: Silence::AlreadyOptedOut };
    assert_eq!(routed(&suppressed(Some(EARLIER)), Intent::Stop), again);
    // Another subject who is the same person opted out: so does this one, and its gate keeps it silent.
    assert_eq!(routed(&suppressed(None), Intent::Stop), opted_out());
    // The same message, decided twice.
    assert_eq!(routed(&suppressed(Some(THIS)), Intent::Stop), opted_out());
}

#[test]
fn what_is_not_text_goes_to_a_person_who_is_announced_only_if_the_machine_may_speak() {
    let not_text = |gate: &Gate| decide(&Facts { content_is_text: false, ..facts(gate) }, None);
    assert_eq!(not_text(&open_gate()), to_person(Reason::NotText, Some("none_of_these")));
    for gate in [held(), suppressed(None), restricted(), window_closed()] {
        assert_eq!(not_text(&gate), to_person(Reason::NotText, None));
    }
    let gate = open_gate();
    let late = Facts { content_is_text: false, ..late(&gate) };
    assert_eq!(decide(&late, None), to_person(Reason::NotText, None));
}

#[test]
fn what_is_pressed_says_itself_what_it_means() {
    let pressed =
        |choice, gate: &Gate| decide(&Facts { pressed: Some(choice), ..facts(gate) }, None);
    let expected = to_person(Reason::AskedForPerson, Some("talk_to_person"));
    assert_eq!(pressed(Choice::Person, &open_gate()), expected);
    assert_eq!(pressed(Choice::Person, &held()), to_person(Reason::HeldByPerson, None));
    for gate in [open_gate(), held(), restricted(), window_closed()] {
        for rating in Rating::ALL {
            let rated = Route::Silent { silence: Silence::Rated };
            assert_eq!(pressed(Choice::Rating(rating), &gate), rated);
        }
    }
}

proptest! {
    #[test]
    fn behind_any_closed_gate_nothing_but_the_one_confirmation_goes_out(
        switches in any::<[bool; 5]>(),
        spoke in any::<bool>(),
        content_is_text in any::<bool>(),
        intent in proptest::sample::select(Intent::ALL.to_vec()),
        confidence in 0..=1_000_u16,
        asked in any::<bool>(),
    ) {
        let [is_held, is_suppressed, is_restricted, is_late, is_closed] = switches;
        let mut gate = open_gate();
        gate.held = is_held.then_some(Held { case: CaseId::opened_by(EARLIER), spoke });
        gate.suppressed = is_suppressed.then_some(Suppressed { at: NOW, by: Some(EARLIER) });
        gate.restricted_at = is_restricted.then_some(NOW);
        if is_closed {
            gate.window_from = Some(NOW.minus(WINDOW));
        }
        let facts = if is_late { late(&gate) } else { facts(&gate) };
        let facts = Facts { content_is_text, ..facts };
        let detection = found(intent, confidence);
        let route = decide(&facts, asked.then_some(&detection));

        let is_shut = switches.contains(&true);
        let is_confirmation = matches!(route, Route::OptOut { .. });
        prop_assert!(!is_shut || is_confirmation || route.template().is_none());
        prop_assert!(!is_confirmation || (intent == Intent::Stop && !is_suppressed));
        let is_reply = matches!(route, Route::Reply { .. });
        prop_assert!(!is_reply || (!is_shut && content_is_text));
    }
}
