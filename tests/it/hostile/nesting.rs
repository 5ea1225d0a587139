//! Values within values within values.

use super::{Row, bodies::with, hold, signed, taken};

#[tokio::test]
async fn depth_is_read_over_or_noted_and_never_followed() {
    hold(rows(), 40).await;
}

fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for depth in [64, 65, 128, 10_000] {
        let lists = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let objects = format!("{}0{}", "{\"a\":".repeat(depth), "}".repeat(depth));
        let open = "[".repeat(depth);
        for (what, value) in [("lists", &lists), ("objects", &objects)] {
            let name = |place: &str| format!("{depth} {what} {place}");
            // What nobody asks for is read over, however deep.
            let field = with("{\"body\"", &format!("{{\"more\":{value},\"body\""));
            rows.push(signed(name("beside the text"), field, taken(1, 0)));
            let image = with("\"text\":{\"body\":\"CANARY 1\"}", &format!("\"image\":{value}"))
                .replace("\"type\":\"text\"", "\"type\":\"image\"");
            rows.push(signed(name("in an image"), image, taken(1, 0)));
            let text = with("{\"body\":\"CANARY 1\"}", value);
            rows.push(signed(name("in the place of a text"), text, taken(0, 1)));
            let body = with("\"CANARY 1\"", value);
            rows.push(signed(name("in the place of its words"), body, taken(0, 1)));
            rows.push(signed(name("alone"), value.clone(), taken(0, 1)));
        }
        rows.push(signed(format!("{depth} lists that do not end"), open, taken(0, 1)));
    }
    let lists = "[".repeat(1_000_000) + &"]".repeat(1_000_000);
    let objects = "{\"a\":".repeat(500_000) + "0" + &"}".repeat(500_000);
    for (what, value) in [("a million lists", lists), ("half a million objects", objects)] {
        let field = with("{\"body\"", &format!("{{\"more\":{value},\"body\""));
        rows.push(signed(format!("{what} beside the text"), field, taken(1, 0)));
        rows.push(signed(format!("{what} alone"), value, taken(0, 1)));
    }
    rows.push(signed("four million brackets", "[".repeat(4_000_000), taken(0, 1)));
    rows
}
