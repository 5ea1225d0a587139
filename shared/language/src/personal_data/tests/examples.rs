//! Texts, and what must be found in them.

use super::found;

/// Each text marks with `<kind:…>` what must be found in it.
fn check(texts: &[&str]) {
    for marked in texts {
        let (mut text, mut expected) = (String::new(), Vec::new());
        let mut rest = *marked;
        while let Some((before, after)) = rest.split_once('<') {
            let (kind, after) = after.split_once(':').unwrap();
            let (there, after) = after.split_once('>').unwrap();
            text.extend([before, there]);
            expected.push((kind, there.to_owned()));
            rest = after;
        }
        text.push_str(rest);
        assert_eq!(found(&text), expected, "{text}");
    }
}

#[test]
fn addresses_of_people_on_the_internet() {
    check(&[
        "write to <email:ada.lovelace+news@mail.example.co.uk>.",
        "(<email:a_b@example.de>)",
        "mailto:<email:a@b.io>, thanks",
        "mein <email:jörg@müller.de>!",
        "<email:info@例え.jp>",
        "邮箱 <email:li@example.cn>谢谢",
        "@handle and @other.handle",
        "3@1.50 each",
        "a@b",
        "look at @me.please",
        "E-Mail:<email:x-y@z-online.de>;",
    ]);
}

#[test]
fn telephone_numbers() {
    check(&[
        "<phone:+49 171 1234567>",
        "<phone:+49 (0) 171 / 123 45 67>",
        "<phone:0049 30 1234567>",
        "Sie erreichen mich: <phone:030/1234567>",
        "<phone:0171-1234567> ist meine",
        "<phone:(030) 12 34 56 78>",
        "<phone:01 23 45 67 89> merci",
        "<phone:01.84.17.61.18>",
        "<phone:+33 6 12 34 56 78>",
        "<phone:612 345 678>",
        "llámame al <phone:612345678>",
        "<phone:+34 912 34 56 78>",
        "<phone:347 1234567>",
        "<phone:02 1234 5678>",
        "<phone:06-12345678>",
        "<phone:020-1234567>",
        "<phone:07911 123456>",
        "<phone:(020) 7946 0018>",
        "<phone:+44 20 7946 0018>",
        "<phone:905-674-3793>",
        "<phone:(905) 674-3793 x123>",
        "<phone:905.674.3793x12>",
        "<phone:1-800-555-0199> ext. 7".replace("> ext. 7", " ext. 7>").as_str(),
        "<phone:+1 (905) 674 3793>",
        "<phone:512 345 678>",
        "<phone:+48 512 345 678>",
        "<phone:070-123 45 67>",
        "<phone:+46 70 123 45 67>",
        "<phone:040 123 4567>",
        "<phone:+358 40 1234567>",
        "<phone:0470 12 34 56>",
        "<phone:02 123 45 67>",
        "<phone:912 345 678>",
        "<phone:(11) 91234-5678>",
        "<phone:+55 11 91234-5678>",
        "<phone:044 668 18 00>",
        "<phone:079 123 45 67>",
        "<phone:0664 1234567>",
        "<phone:+43 1 234567>",
        "call me on <phone:9472 7916>",
        "Phone:\n<phone:467 3395>",
        "<phone:555-1234> is my cell",
        "Handy <phone:01711234567>",
        "Tel.<phone:030 123456>",
        "appelez-moi au <phone:0612345678>",
        "<phone:0171 1234567> or <phone:0172 7654321>",
        "9472 7916",
        "call me at 10:30 on 12.05.2024",
        "call me, I paid 1.234.567 and 12.50",
        "order 0171 1234567",
        "Sendungsnummer: 00491711234567",
        "ISBN 978 3 16 148410 0",
        "+49",
        "+20 %",
        "pay at 123456 a month",
        "1 457 433 529",
        "0171 123 45 67 oder +49 30 1234567"
            .replace("0171 123 45 67", "<phone:0171 123 45 67>")
            .replace("+49 30 1234567", "<phone:+49 30 1234567>")
            .as_str(),
        "Kundennummer 0012345678",
        "112-7654321-1234567",
        "0082 8000 8212 3451 2364 78",
        "<phone:0171 1234567> <phone:0172 7654321>",
        "IMEI 356938035643809",
        "01.02.2023 14:30",
        "2023-02-01 14:30:59",
    ]);
}

#[test]
fn cards_and_accounts() {
    check(&[
        "<payment_card:4111111111111111>",
        "<payment_card:4111 1111 1111 1111> 12/27 123",
        "<payment_card:4111-1111-1111-1111>",
        "<payment_card:3782 822463 10005>",
        "card number <payment_card:630427373398> is lost",
        "Bestellung 4111 1111 1111 1112",
        "order 4111111111111111",
        "paid my order with <payment_card:4111 1111 1111 1111>",
        "4111111111111112",
        "IBAN <iban:DE89 3704 0044 0532 0130 00> bitte",
        "<iban:gb82west12345698765432>",
        "(<iban:NL91ABNA0417164300>)",
        "<iban:FR14 2004 1010 0505 0001 3M02 606>, BIC <bic:PSSTFRPPXXX>",
        "DE88 3704 0044 0532 0130 00",
        "BIC: <bic:COBADEFFXXX>",
        "SWIFT-Code <bic:DEUTDEFF500>",
        "<bic:COBADEFF> <iban:DE89370400440532013000>",
        "bic: <bic:bnpafrpp>",
        "swift delivery please",
        "PLEASE SEND SWIFT DELIVERY",
        "DELIVERY",
        "I live at <postal_address:0997 Jacqueline Cove>, really",
    ]);
}

#[test]
fn addresses_of_machines() {
    check(&[
        "from <ip_address:192.168.0.17>.",
        "ip:<ip_address:8.8.8.8>",
        "version 1.2.3.4",
        "v1.2.3.4",
        "firmware 10.0.0.1",
        "256.1.1.1",
        "1.2.3.4.5",
        "<ip_address:2001:db8::8a2e:370:7334>",
        "[<ip_address:fe80::1>]",
        "at 12:30:45",
        "std::net",
        "<mac_address:00:1A:2b:3c:4D:5e>",
        "<mac_address:00-1A-2B-3C-4D-5E>",
        "<mac_address:001a.2b3c.4d5e>",
    ]);
}

#[test]
fn links_that_open_doors() {
    check(&[
        "see <url_with_credentials:https://ada:secret@example.com/x>.",
        "<url_with_credentials:https://example.com/reset?user=1&token=abc123>",
        "(<url_with_credentials:www.example.com/?api_key=1>)",
        "https://example.com/?page=2&sort=price",
        "https://example.com/?token=",
        "https://example.com/@ada:x",
    ]);
}

#[test]
fn documents_and_days_of_birth() {
    check(&[
        "my passport number is <passport:C01X00T47>",
        "Reisepass: <passport:C01X00T47>",
        "passeport n° <passport:12AB34567>",
        "passport <passport:AB 1234567>",
        "my passport expired in 2024",
        "Passnummer <passport:C5RXY1234>, gültig bis 12.03.2027",
        "Personalausweis <national_id:L01X00T472>",
        "carnet de conducir <driving_licence:12345678-Z>",
        "Ich bin am <date_of_birth:12. Mai 1987> geboren",
        "driver's license: <driving_licence:A123-4567-8901>",
        "Führerschein <driving_licence:B072RRE2I55>",
        "driving licence MORGA657054SM9IJ"
            .replace("MORGA657054SM9IJ", "<driving_licence:MORGA657054SM9IJ>")
            .as_str(),
        "C01X00T47",
        "born on <date_of_birth:3 March 1985>",
        "geboren am <date_of_birth:03.04.1985>",
        "geb. <date_of_birth:3. April 1985>",
        "né le <date_of_birth:12/05/1990>",
        "née le <date_of_birth:1er mai 1990>",
        "nacido el <date_of_birth:3 de mayo de 1990>",
        "nato il <date_of_birth:3 maggio 1990>",
        "DOB: <date_of_birth:1990-05-03>",
        "dob <date_of_birth:03051990>",
        "date of birth: <date_of_birth:May 3rd, 1990>",
        "geboren op <date_of_birth:3-5-90>",
        "delivered on 03.04.1985",
        "born in 1985",
    ]);
}

#[test]
fn postal_addresses() {
    check(&[
        "I live at <postal_address:221B Baker Street>",
        "<postal_address:12 Main St, Springfield, IL 62704>",
        "<postal_address:Musterstraße 12a, 12345 Berlin>",
        "<postal_address:Hauptstr. 5>",
        "in der <postal_address:Goethestr. 15, 60313 Frankfurt am Main>",
        "<postal_address:Unter den Linden 77, 10117 Berlin>",
        "<postal_address:Mannerheimintie 12, 00100 Helsinki>",
        "<postal_address:ul. Marszałkowska 84/92, 00-514 Warszawa>",
        "<postal_address:Prinsengracht 263-267, 1016 GV Amsterdam>",
        "<postal_address:Brucker Straße 31>",
        "<postal_address:12 rue de la Paix, 75002 Paris>",
        "<postal_address:15 bis avenue Victor Hugo>",
        "<postal_address:Calle Mayor 12, 28013 Madrid>",
        "<postal_address:C/ Mayor 5>",
        "<postal_address:Via Roma 3, 00184 Roma>",
        "<postal_address:Keizersgracht 123, 1015 CJ Amsterdam>",
        "<postal_address:10 Downing Street, London SW1A 2AA>",
        "Via PayPal 50 EUR bezahlt",
        "Bestellung 12, 10115 Berlin",
        "Batch 2418-C, THT 08-2025",
        "Route Nationale 7 est fermée",
        "via Klarna 3 Raten",
        "a 5 star street food",
        "Sitzplatz 12",
        "it took 2 days on the road",
    ]);
}

#[test]
fn the_stronger_holds() {
    check(&[
        "<email:0171.1234567@example.de>",
        "<url_with_credentials:https://x.de/?token=4111111111111111>",
        "phone <phone:0171 1234567>, card <payment_card:4111 1111 1111 1111>",
    ]);
}
