//! What changes what was said, or who somebody is.

use super::*;

#[test]
fn what_is_changed_names_what_it_changes_and_is_never_lost() {
    let of = |kind: &str, what: Json| {
        message_with(|message| {
            message["type"] = json!(kind);
            message[kind] = what.clone();
        })
    };
    let id = |events: &[Event]| match &events[0] {
        Event::Edited(inbound) | Event::TakenBack(inbound) => {
            inbound.platform_message_id.reveal().clone()
        }
        _ => panic!("nothing is changed"),
    };
    let text = json!({ "type": "text", "text": { "body": "CANARY new" } });
    let edited = of("edit", json!({ "original_message_id": "wamid.CANARY0", "message": text }));
    assert_eq!(
        (outline(&edited), id(&edited)),
        (vec!["edited".to_owned()], "wamid.CANARY0".to_owned())
    );
    let taken = of("revoke", json!({ "original_message_id": "wamid.CANARY0" }));
    assert_eq!(
        (outline(&taken), id(&taken)),
        (vec!["taken back".to_owned()], "wamid.CANARY0".to_owned())
    );
    // Somebody must look at what cannot be read.
    for what in
        [json!({}), json!({ "original_message_id": null }), json!({ "original_message_id": "" })]
    {
        assert_eq!(outline(&of("revoke", what.clone())), ["unreadable message"]);
        let words = json!({ "type": "text", "text": { "body": "CANARY" } });
        let mut what = what;
        what["message"] = words;
        assert_eq!(outline(&of("edit", what)), ["unreadable message"]);
    }
    let picture = json!({ "type": "image", "image": { "id": "1" } });
    let edited = of("edit", json!({ "original_message_id": "wamid.CANARY0", "message": picture }));
    assert_eq!(outline(&edited), ["ignored edit"]);
}

#[test]
fn ids_of_one_person_are_told_together() {
    let update = json!({ "wa_id": "4915550001", "timestamp": "1",
        "user_id": { "previous": "US.CANARY1", "current": "US.CANARY2" } });
    let changed = |update: &Json| {
        outline(&events_of("user_id_update", json!({ "user_id_update": [update] })))
    };
    assert_eq!(changed(&update), ["3 ids of one"]);
    assert_eq!(changed(&json!({ "wa_id": "4915550001" })), ["ignored identity_change"]);
    let same = json!({ "user_id": { "previous": "US.CANARY1", "current": "US.CANARY1" } });
    assert_eq!(changed(&same), ["ignored identity_change"]);
    let events = message_with(|message| {
        message["type"] = json!("system");
        message["system"] = json!({ "type": "user_changed_number", "new_wa_id": "4915550002" });
    });
    assert_eq!(outline(&events), ["2 ids of one"]);
}
