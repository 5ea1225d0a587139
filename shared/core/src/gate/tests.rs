use super::*;

const NOW: Time = Time::from_seconds(1_000_000);

fn gate() -> Gate {
    let at = Address {
        brand: "demo".parse().unwrap(),
        channel: crate::ids::Channel::WhatsApp,
        account: "106".parse().unwrap(),
    };
    Gate::first(Pid::from_bytes([1; 16]), at).heard(NOW)
}

fn eid(byte: u8) -> Eid {
    Eid::from_bytes([byte; 16])
}

#[test]
fn a_gate_is_read_as_it_was_written() {
    let mut gate = gate();
    gate.erased_at = Some(NOW);
    gate.suppressed = Some(Suppressed { at: NOW, by: Some(eid(3)) });
    gate.held = Some(Held { case: CaseId::opened_by(eid(4)), spoke: true });
    gate.handed_back = Some(HandedBack { at: NOW, version: 7 });
    gate.restricted_at = Some(NOW);
    gate.disclosed_at = Some(NOW);
    gate.twins = true;
    let item = gate.to_item();
    assert_eq!(item.version, gate.version + 1);
    assert_eq!(Gate::from_item(gate.pid, &item).unwrap(), Gate { version: 1, ..gate });
}

#[test]
fn the_machine_speaks_in_the_window_only() {
    let gate = gate();
    assert_eq!(gate.admits(Actor::Machine, None, NOW, WINDOW), Ok(()));
    let late = NOW.plus(WINDOW.checked_sub(WINDOW_MARGIN).unwrap());
    let closed = Err(Refusal::Escalate(Reason::WindowClosed));
    assert_eq!(gate.admits(Actor::Machine, None, late, WINDOW), closed);
    assert_eq!(gate.admits(Actor::Agent, None, late, WINDOW), closed);
    assert_eq!(
        gate.admits(Actor::Machine, None, late.minus(Duration::from_millis(1)), WINDOW),
        Ok(())
    );
}

#[test]
fn after_an_opt_out_only_its_own_confirmation_goes() {
    let mut gate = gate();
    gate.suppressed = Some(Suppressed { at: NOW, by: Some(eid(1)) });
    let silent = Err(Refusal::Silent(Silence::OptedOut));
    assert_eq!(gate.admits(Actor::Machine, Some(eid(1)), NOW, WINDOW), Ok(()));
    assert_eq!(gate.admits(Actor::Machine, Some(eid(2)), NOW, WINDOW), silent);
    assert_eq!(gate.admits(Actor::Machine, None, NOW, WINDOW), silent);
    assert_eq!(gate.admits(Actor::Privacy, None, NOW, WINDOW), silent);
    assert_eq!(gate.admits(Actor::Agent, None, NOW, WINDOW), silent);
    let wrote_again = gate.heard(NOW.plus(Duration::from_secs(1)));
    assert_eq!(wrote_again.admits(Actor::Agent, None, NOW, WINDOW), Ok(()));
}

#[test]
fn an_opt_out_without_its_message_lets_nothing_of_the_machine_through() {
    let mut gate = gate();
    gate.suppressed = Some(Suppressed { at: NOW, by: None });
    assert!(gate.admits(Actor::Machine, None, NOW, WINDOW).is_err());
    assert!(gate.admits(Actor::Machine, Some(eid(1)), NOW, WINDOW).is_err());
}

#[test]
fn while_a_person_holds_it_only_the_announcement_goes_and_only_until_they_speak() {
    let mut gate = gate();
    gate.held = Some(Held { case: CaseId::opened_by(eid(1)), spoke: false });
    assert_eq!(gate.admits(Actor::Machine, Some(eid(1)), NOW, WINDOW), Ok(()));
    assert!(gate.admits(Actor::Machine, Some(eid(2)), NOW, WINDOW).is_err());
    gate.held = Some(Held { case: CaseId::opened_by(eid(1)), spoke: true });
    assert!(gate.admits(Actor::Machine, Some(eid(1)), NOW, WINDOW).is_err());
    assert_eq!(gate.admits(Actor::Agent, None, NOW, WINDOW), Ok(()));
}

#[test]
fn disclosures_come_first_after_a_gap_and_after_a_hand_back() {
    let mut gate = gate();
    assert_eq!(gate.placement(NOW), Placement::PrefixFirst);
    gate.disclosed_at = Some(NOW);
    assert_eq!(gate.placement(NOW), Placement::SuffixEvery);
    assert_eq!(gate.placement(NOW.plus(DISCLOSURE_GAP)), Placement::PrefixAfterGap);
    let gate = gate.handed_back(NOW);
    assert_eq!(gate.placement(NOW), Placement::PrefixOnHandback);
}

#[test]
fn only_what_was_claimed_after_a_hand_back_discloses_it() {
    let mut gate = gate();
    gate.version = 4;
    let gate = gate.handed_back(NOW);
    // Whatever the clocks say: the text had left before the hand-back was noted.
    let later = NOW.plus(Duration::from_hours(1));
    let before = gate.clone().disclosed(later, 4);
    assert_eq!(before.placement(later), Placement::PrefixOnHandback);
    let earlier = NOW.minus(Duration::from_hours(1));
    let after = gate.disclosed(earlier, 5);
    assert_eq!(after.placement(NOW), Placement::SuffixEvery);
}

#[test]
fn who_was_told_before_a_restore_is_told_again() {
    let gate = gate().disclosed(NOW, 1);
    let placement = |time| gate.clone().told_since(time).placement(NOW);
    assert_eq!(placement(None), Placement::SuffixEvery);
    assert_eq!(placement(Some(NOW.minus(Duration::from_secs(1)))), Placement::SuffixEvery);
    assert_eq!(placement(Some(NOW)), Placement::PrefixFirst);
}

#[test]
fn an_erasure_keeps_the_opt_out_and_forgets_the_rest() {
    let mut before = gate();
    before.suppressed = Some(Suppressed { at: NOW, by: None });
    before.disclosed_at = Some(NOW);
    let ahead = NOW.plus(Duration::from_secs(9));
    let after = before.heard(ahead).erased(NOW);
    assert_eq!(after.epoch, Epoch::FIRST.next());
    assert!(after.suppressed.is_some() && after.disclosed_at.is_none());
    assert!(after.has_erased(ahead), "equal counts as older, though it is ahead of our clock");
    assert!(!after.has_erased(ahead.plus(Duration::from_millis(1))));
}

#[test]
fn of_two_opt_outs_of_one_person_the_later_one_counts_and_neither_is_confirmed_for_the_other() {
    let later = NOW.plus(Duration::from_mins(1));
    for (own, theirs) in [(NOW, later), (later, NOW)] {
        let mut gate = gate();
        gate.suppressed = Some(Suppressed { at: own, by: Some(eid(1)) });
        let mut other = gate.clone();
        other.suppressed = Some(Suppressed { at: theirs, by: Some(eid(2)) });
        let both = gate.stricter(&other);
        assert_eq!(both.suppressed, Some(Suppressed { at: later, by: None }));
        let wrote_between = both.heard(NOW.plus(Duration::from_secs(30)));
        assert!(wrote_between.admits(Actor::Agent, None, NOW, WINDOW).is_err());
    }
}
