//! What no platform sends: too long, too many, in an order that nobody expects.

use super::*;

fn named(name: &str) -> Json {
    json!({ "wa_id": "4915550001", "profile": { "name": name } })
}

#[test]
fn a_text_that_no_person_can_send_is_a_persons_to_ask_about() {
    let of = |bytes: usize| {
        message_with(|message| message["text"]["body"] = json!("CANARY ".repeat(bytes / 7)))
    };
    assert_eq!(outline(&of(TEXT_BYTES_MAX)), ["text from WaId"]);
    assert_eq!(outline(&of(TEXT_BYTES_MAX + 7)), ["long_text from WaId"]);
}

#[test]
fn an_id_that_no_platform_makes_is_not_read() {
    let of = |bytes: usize| message_with(|message| message["id"] = json!("x".repeat(bytes)));
    assert_eq!(outline(&of(MESSAGE_ID_BYTES_MAX)), ["text from WaId"]);
    assert_eq!(outline(&of(MESSAGE_ID_BYTES_MAX + 1)), ["unreadable message"]);
}

#[test]
fn a_name_that_is_too_long_is_left_out_and_the_message_taken() {
    for (bytes, is_there) in [(NAME_BYTES_MAX, true), (NAME_BYTES_MAX + 1, false)] {
        let contacts = json!([named(&format!("CANARY{}", "x".repeat(bytes - 6)))]);
        let value = json!({ "contacts": contacts, "messages": [text_message(1)] });
        let events = events_of("messages", value);
        assert_eq!(inbound_of(&events[0]).name.is_some(), is_there);
    }
}

#[test]
fn an_opaque_field_that_cannot_be_ours_settles_nothing() {
    for (chars, expected) in
        [(512, format!("Taken {}", "t".repeat(512))), (513, "ignored status".to_owned())]
    {
        let opaque = "t".repeat(chars);
        let status =
            json!({ "id": "wamid.CANARY1", "status": "sent", "biz_opaque_callback_data": opaque });
        assert_eq!(outline(&events_of("messages", json!({ "statuses": [status] }))), [expected]);
    }
}

#[test]
fn of_two_contacts_that_fit_the_first_counts() {
    let name = |contacts: Json, user_id: Option<&str>| {
        let mut message = text_message(1);
        if let Some(user_id) = user_id {
            message["from_user_id"] = json!(user_id);
        }
        let events = events_of("messages", json!({ "contacts": contacts, "messages": [message] }));
        inbound_of(&events[0]).name.as_ref().map(|name| name.reveal().clone())
    };
    let by_number = named("CANARY number");
    let mut by_both = named("CANARY both");
    by_both["user_id"] = json!("US.CANARY1");
    let user_id = Some("US.CANARY1");
    for (contacts, user_id, expected) in [
        (json!([by_number, by_both]), user_id, "CANARY number"),
        (json!([by_both, by_number]), user_id, "CANARY both"),
        (json!([by_both, by_number]), None, "CANARY both"),
        (json!([by_number, by_both]), None, "CANARY number"),
        (json!([by_both, by_number]), Some("US.CANARY2"), "CANARY number"),
        (json!([7, by_number, null]), None, "CANARY number"),
    ] {
        assert!(name(contacts, user_id).as_deref() == Some(expected));
    }
}

#[test]
fn many_contacts_beside_many_messages_cost_their_sum_not_their_product() {
    // Compared one with the other these would take minutes.
    let contacts: Vec<_> =
        (0..100_000).map(|number| json!({ "wa_id": 491_555_000_000_u64 + number })).collect();
    let messages: Vec<_> = (0..12_000).map(text_message).collect();
    let body = body_of("messages", json!({ "contacts": contacts, "messages": messages }));
    assert_eq!(events(body.to_string().as_bytes()).len(), 12_000);
}

#[test]
fn lists_are_read_however_they_are_written() {
    let message = text_message(1).to_string();
    for list in [
        format!("[{message},{message},7]"),
        format!("[ \n{message}\t,\r\n {message} , 7 ]"),
        format!("[{message} ,{message},7\n]"),
    ] {
        let body = format!(
            r#"{{"object":"whatsapp_business_account","entry":[{{"changes":[{{"field":"messages","value":{{"metadata":{{"phone_number_id":"{OWN}"}},"messages":{list}}}}}]}}]}}"#
        );
        let expected = ["text from WaId", "text from WaId", "unreadable message"];
        assert_eq!(outline(&events(body.as_bytes())), expected);
    }
    for part in ["7", "-7.5e3", "true", "null", "\"CANARY ]\"", "[[],{}]", "{\"a\":[1,2]}", "1e400"]
    {
        for list in [part.to_owned(), format!("{part},{part}"), format!("{part} , {part}\n,{part}")]
        {
            let count = list.matches(part).count();
            let body = format!(
                r#"{{"object":"whatsapp_business_account","entry":[{{"changes":[{{"field":"messages","value":{{"metadata":{{"phone_number_id":"{OWN}"}},"statuses":[{list}]}}}}]}}]}}"#
            );
            assert_eq!(events(body.as_bytes()).len(), count);
        }
    }
}

#[test]
fn a_list_in_an_objects_place_is_not_read_as_one() {
    let list = |object: &Json| {
        Json::from(object.as_object().unwrap().values().cloned().collect::<Vec<_>>())
    };
    let whole = body_of("messages", json!({ "messages": [text_message(1)] }));
    for (place, expected) in [
        ("", "unreadable envelope"),
        ("/entry/0", "unreadable envelope"),
        ("/entry/0/changes/0", "unreadable envelope"),
        ("/entry/0/changes/0/value", "unreadable envelope"),
        ("/entry/0/changes/0/value/metadata", "unreadable foreign_account"),
        ("/entry/0/changes/0/value/messages/0", "unreadable message"),
        ("/entry/0/changes/0/value/messages/0/text", "unreadable message"),
    ] {
        let mut body = whole.clone();
        let object = body.pointer_mut(place).unwrap();
        *object = list(object);
        assert_eq!(outline(&events(body.to_string().as_bytes())), [expected], "{place}");
    }
    // In the order in which serde would take them.
    let status = json!(["wamid.CANARY1", "sent", "token", null]);
    assert_eq!(
        outline(&events_of("messages", json!({ "statuses": [status] }))),
        ["unreadable message"]
    );
    let body = r#"["whatsapp_business_account",[]]"#;
    assert_eq!(outline(&events(body.as_bytes())), ["unreadable envelope"]);
}
