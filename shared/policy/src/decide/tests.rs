use std::sync::LazyLock;

use forthright_core::{
    Address, CaseId, Channel, Pid,
    challenge::Challenge,
    gate::{HandedBack, Held, Suppressed, WINDOW},
    offer::Rating,
    outbound::{Outbound, TextLimit, TextUnit},
};
use jiff::civil::date;
use proptest::prelude::*;

use crate::{Book, Wanted};

use super::*;

const NOW: Time = Time::from_seconds(1_700_000_000);
const TURNS_MAX: u32 = 8;
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

/// How sure the detector must be.
const SURE_FROM: u16 = 700;

fn facts(gate: &Gate) -> Facts<'_> {
    Facts {
        eid: THIS,
        content_is_text: true,
        pressed: None,
        platform_at: NOW,
        now: NOW,
        late_after: LATE_AFTER,
        gate,
        code_is_right: None,
        turns_max: TURNS_MAX,
        sure_from_permille: SURE_FROM,
        languages: &[Language::ENGLISH, Language::GERMAN],
    }
}

fn found(intent: Intent, confidence_permille: u16) -> Detection {
    Detection {
        is_whole_message: intent == Intent::Stop,
        language: Some(Language::ENGLISH),
        ..Detection::bare(intent, confidence_permille, "test")
    }
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
        (Intent::AreYouAMachine, Route::Reply { template: "are_you_a_machine".to_owned() }),
        (Intent::CopyMyData, challenge(RequestKind::Access)),
        (Intent::EraseMyData, challenge(RequestKind::Erasure)),
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
    for &intent in Intent::ALL {
        let unsure = found(intent, SURE_FROM - 1);
        assert_eq!(decide(&facts(&gate), Some(&unsure)), not_understood, "{intent}");
    }
    let sure = found(Intent::Refund, SURE_FROM);
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
        for &intent in Intent::ALL.iter().filter(|&&intent| intent != Intent::Stop) {
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

#[test]
fn a_guess_opts_nobody_out() {
    let guessed = Detection { is_whole_message: false, ..found(Intent::Stop, 1_000) };
    let person = to_person(Reason::NotUnderstood, Some("none_of_these"));
    assert_eq!(decide(&facts(&open_gate()), Some(&guessed)), person);
}

#[test]
fn what_calls_a_person_does_so_whatever_else_is_said() {
    let gate = open_gate();
    for (trigger, reason) in [
        (Trigger::Safety, Reason::Safety),
        (Trigger::LegalThreat, Reason::LegalThreat),
        (Trigger::Fraud, Reason::Fraud),
        (Trigger::Anger, Reason::Anger),
    ] {
        for &intent in Intent::ALL.iter().filter(|&&intent| intent != Intent::Stop) {
            let heard = Detection { trigger: Some(trigger), ..found(intent, 1_000) };
            let person = to_person(reason, Some("talk_to_person"));
            assert_eq!(decide(&facts(&gate), Some(&heard)), person, "{intent}");
        }
    }
    let machine = Detection { trigger: Some(Trigger::Machine), ..found(Intent::Refund, 1_000) };
    assert_eq!(decide(&facts(&gate), Some(&machine)), to_person(Reason::Machine, None));
}

#[test]
fn after_many_turns_a_person_gets_it() {
    let turns = |turns| Gate { turns, ..open_gate() };
    let reply = Route::Reply { template: "refund".to_owned() };
    assert_eq!(routed(&turns(TURNS_MAX), Intent::Refund), reply);
    let person = to_person(Reason::RepeatedFailure, Some("talk_to_person"));
    assert_eq!(routed(&turns(TURNS_MAX + 1), Intent::Refund), person);
    // The truth and people's rights do not wear out.
    for intent in [Intent::AreYouAMachine, Intent::EraseMyData, Intent::CopyMyData] {
        assert!(!matches!(routed(&turns(TURNS_MAX + 1), intent), Route::Person { .. }), "{intent}");
    }
}

#[test]
fn a_language_that_the_brand_does_not_speak_gets_a_person() {
    let gate = open_gate();
    let french = "fr".parse().ok();
    for &intent in Intent::ALL {
        let detection = Detection { language: french, ..found(intent, 1_000) };
        let route = decide(&facts(&gate), Some(&detection));
        let is_confirmation = matches!(route, Route::OptOut { .. });
        let is_person = matches!(route, Route::Person { .. });
        assert!(is_person || (is_confirmation && intent == Intent::Stop), "{intent}: {route:?}");
    }
    let unknown = Detection { language: None, ..found(Intent::Refund, 1_000) };
    assert!(matches!(decide(&facts(&gate), Some(&unknown)), Route::Reply { .. }));
}

#[test]
fn a_code_confirms_what_was_asked_for_ten_minutes_and_five_tries() {
    let minutes = |minutes| NOW.minus(Duration::from_mins(minutes));
    let asked = |kind, at, tries| Gate {
        challenge: Some(Challenge { kind, by: EARLIER, at, language: None, tries }),
        ..open_gate()
    };
    let typed = |gate: &Gate, is_right| {
        let facts = Facts { code_is_right: Some(is_right), ..facts(gate) };
        decide(&facts, Some(&found(Intent::NoneOfThese, 0)))
    };
    let erase = Route::Erase { notice: "erasure_notice".to_owned() };
    let wrong = Route::WrongCode { template: "wrong_code".to_owned() };
    let person = to_person(Reason::MyData, Some("my_data"));
    let (access, erasure) = (RequestKind::Access, RequestKind::Erasure);
    assert_eq!(typed(&asked(erasure, minutes(9), 4), true), erase);
    assert_eq!(typed(&asked(access, minutes(9), 4), true), person);
    assert_eq!(typed(&asked(erasure, minutes(0), 0), false), wrong);
    assert_eq!(typed(&asked(erasure, minutes(0), 5), true), person, "after five wrong ones");
    assert_eq!(typed(&asked(erasure, minutes(10), 0), true), challenge(erasure), "a new code");
    // Nobody asked for one: a number like any other.
    let gate = open_gate();
    assert_eq!(typed(&gate, true), to_person(Reason::NotUnderstood, Some("none_of_these")));
    // Who may not be answered by the machine confirms nothing to it.
    let held = Gate { held: held().held, ..asked(erasure, minutes(0), 0) };
    assert_eq!(typed(&held, true), to_person(Reason::HeldByPerson, None));
}

static BOOK: LazyLock<Book> = LazyLock::new(|| Book::embedded().unwrap());

/// Whatever the machine says by this route has the disclosure that is due, whole, in the text's language.
fn says_what_it_is(
    route: &Route,
    gate: &Gate,
    language: Option<Language>,
) -> Result<(), TestCaseError> {
    let Some(template) = route.template() else {
        return Ok(());
    };
    let wanted = Wanted {
        template,
        language,
        channel: gate.at.channel,
        today: date(2026, 12, 1),
        withdrawn: &[],
        code: route.challenge().map(|_| "12345678"),
    };
    let (brand, placement) = (&gate.at.brand, gate.placement(NOW));
    let reply = BOOK
        .render_reply(brand, &wanted)
        .map_err(|unfit| TestCaseError::fail(format!("{template} cannot be said: {unfit}")))?;
    let limit = TextLimit { max: 1_024, unit: TextUnit::Characters };
    let disclosed = BOOK.disclose(brand, placement, &reply, limit).unwrap();
    let text = Outbound::Machine(disclosed).text().reveal().clone();
    let statement = BOOK.disclosures(brand, reply.language).unwrap().statement(placement);
    let has = |form: &String| {
        if placement.is_prefix() {
            text.starts_with(form.as_str())
        } else {
            text.ends_with(form.as_str())
        }
    };
    prop_assert!(has(&statement.full) || has(&statement.short), "{text}");
    prop_assert!(route.challenge().is_none() || text.contains("12345678"), "{text}");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200_000))]
    #[test]
    fn behind_any_closed_gate_nothing_but_the_one_confirmation_goes_out(
        switches in any::<[bool; 5]>(),
        spoke in any::<bool>(),
        content_is_text in any::<bool>(),
        intent in proptest::sample::select(Intent::ALL.to_vec()),
        confidence in 0..=1_000_u16,
        asked in any::<bool>(),
        others in (any::<bool>(), any::<Option<bool>>(), 0..20_u32, 0..6_u32, 0..30_u64),
        language in proptest::sample::select(vec![None, Some(Language::ENGLISH), Some(Language::GERMAN)]),
        trigger in proptest::option::of(proptest::sample::select(Trigger::ALL.to_vec())),
        told in proptest::option::of(0..40_u64),
        handed_back in any::<bool>(),
    ) {
        let (whole, code_is_right, turns, tries, minutes) = others;
        let [is_held, is_suppressed, is_restricted, is_late, is_closed] = switches;
        let mut gate = open_gate();
        gate.held = is_held.then_some(Held { case: CaseId::opened_by(EARLIER), spoke });
        gate.suppressed = is_suppressed.then_some(Suppressed { at: NOW, by: Some(EARLIER) });
        gate.restricted_at = is_restricted.then_some(NOW);
        if is_closed {
            gate.window_from = Some(NOW.minus(WINDOW));
        }
        gate.turns = turns;
        gate.challenge = code_is_right.map(|_| Challenge {
            kind: if whole { RequestKind::Access } else { RequestKind::Erasure },
            by: EARLIER,
            at: NOW.minus(Duration::from_mins(minutes)),
            language,
            tries,
        });
        gate.disclosed_at = told.map(|hours| NOW.minus(Duration::from_hours(hours)));
        gate.handed_back = handed_back.then_some(HandedBack { at: NOW, version: 1 });
        let facts = if is_late { late(&gate) } else { facts(&gate) };
        let facts = Facts { content_is_text, code_is_right, ..facts };
        let detection = found(intent, confidence);
        let detection = Detection { is_whole_message: whole, language, trigger, ..detection };
        let route = decide(&facts, asked.then_some(&detection));

        let is_shut = switches.contains(&true);
        let is_confirmation = matches!(route, Route::OptOut { .. });
        prop_assert!(!is_shut || is_confirmation || route.template().is_none());
        prop_assert!(!is_confirmation || (intent == Intent::Stop && !is_suppressed));
        let is_reply = matches!(
            route,
            Route::Reply { .. }
                | Route::Challenge { .. }
                | Route::WrongCode { .. }
                | Route::Erase { .. }
        );
        prop_assert!(!is_reply || (!is_shut && content_is_text));
        let erases = matches!(route, Route::Erase { .. });
        prop_assert!(!erases || code_is_right == Some(true));
        says_what_it_is(&route, &gate, language)?;
    }
}
