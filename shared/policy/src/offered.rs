//! What customers can press instead of writing, in the words of each language.

use forthright_core::offer::{Choice, Offer, Offers, Rating, TITLE_CHARS_MAX};
use serde::Deserialize;

use crate::fault::ContentError;

/// What a template offers under its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Offering {
    /// A way to a person.
    Person,
    /// A rating of what was done.
    Rating,
}

/// The words on what can be pressed, in one language; checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Titles {
    person: String,
    rating_label: String,
    ratings: [String; 5],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    person: String,
    rating: RatingFile,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RatingFile {
    label: String,
    best_first: [String; 5],
}

impl Titles {
    /// Reads the file at `path`, which is named after its language.
    pub fn parse(path: &str, text: &str) -> Result<Self, ContentError> {
        let File { person, rating } =
            toml::from_str(text).map_err(|error| ContentError::toml(path, text, 0, &error))?;
        let ratings = rating.best_first.iter().map(|title| ("rating.best_first", title));
        let titles = [("person", &person), ("rating.label", &rating.label)];
        for (field, title) in titles.into_iter().chain(ratings) {
            let fits = (1..=TITLE_CHARS_MAX).contains(&title.chars().count());
            if !fits || title.trim() != title || title.chars().any(char::is_control) {
                let what =
                    format_args!("{field}: must be one line of 1 to {TITLE_CHARS_MAX} characters");
                return Err(ContentError::new(path, what));
            }
        }
        // Platforms refuse two buttons that read the same.
        for (index, title) in rating.best_first.iter().enumerate() {
            if rating.best_first.iter().take(index).any(|other| other == title) {
                return Err(ContentError::new(path, "rating.best_first: two of them are the same"));
            }
        }
        Ok(Self { person, rating_label: rating.label, ratings: rating.best_first })
    }

    /// What is shown for an offering.
    pub fn offers(&self, offering: Offering) -> Offers {
        match offering {
            Offering::Person => Offers {
                label: self.person.clone(),
                all: vec![Offer { choice: Choice::Person, title: self.person.clone() }],
            },
            Offering::Rating => Offers {
                label: self.rating_label.clone(),
                all: Rating::ALL
                    .into_iter()
                    .zip(&self.ratings)
                    .map(|(rating, title)| Offer {
                        choice: Choice::Rating(rating),
                        title: title.clone(),
                    })
                    .collect(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "person = \"A person\"\n[rating]\nlabel = \"Rate\"\n\
                        best_first = [\"5\", \"4\", \"3\", \"2\", \"1\"]";

    #[test]
    fn each_offering_has_its_words_in_order() {
        let titles = Titles::parse("offers/en.toml", FILE).unwrap();
        let person = titles.offers(Offering::Person);
        assert_eq!(person.all, [Offer { choice: Choice::Person, title: "A person".to_owned() }]);
        let rating = titles.offers(Offering::Rating);
        assert_eq!(rating.label, "Rate");
        for (offer, number) in rating.all.iter().zip(["5", "4", "3", "2", "1"]) {
            assert_eq!(offer.title, number);
            assert_eq!(offer.choice.to_string(), format!("forthright.rating.{number}"));
        }
    }

    #[test]
    fn words_that_a_platform_would_cut_or_refuse_are_refused_here() {
        for (from, to, what) in [
            ("A person", "", "person"),
            ("A person", "a person, please do it", "person"),
            ("Rate", " Rate", "rating.label"),
            ("\"4\"", "\"5\"", "two of them"),
            ("\"4\"", "\"four\\nfour\"", "rating.best_first"),
            (", \"1\"", "", "length 4"),
            ("Rate\"", "Rate\"\nmore = 1", "more"),
        ] {
            let error = Titles::parse("offers/en.toml", &FILE.replacen(from, to, 1)).unwrap_err();
            assert!(error.to_string().contains(what), "{error}");
        }
    }
}
