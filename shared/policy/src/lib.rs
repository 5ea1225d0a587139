//! Brands, rules, gates, templates, disclosures.
