//! The rules that hold the workspace in shape. Each failure names the file and what to do.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use forthright_core::{Personal, Secret, state};
use toml::Table;

/// More lines than this and a file decides more than one thing.
const FILE_LINES_MAX: usize = 450;
/// A Lambda's `main` only wires.
const MAIN_LINES_MAX: usize = 25;
/// The members with a short lint table of their own: they may print and panic.
const OWN_LINTS: [&str; 2] = ["tests", "xtask"];
/// The crates below the functions that know core and nothing else of ours.
const LEAVES: [&str; 5] = ["aws", "channels", "egress", "embedded", "policy"];
const FUNCTIONS: [&str; 6] = ["escalation", "intent", "privacy", "reply", "steward", "webhook"];

/// What a manifest says about its dependencies.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    /// Linked always.
    Normal,
    /// Linked only by a feature.
    Optional,
    /// In tests only.
    Dev,
}

/// One member of the workspace.
struct Member {
    /// Its folder, such as `shared/core`.
    folder: String,
    manifest: Table,
}

impl Member {
    /// The name without the prefix that all share.
    fn name(&self) -> &str {
        let name = self.manifest["package"]["name"].as_str().unwrap();
        name.strip_prefix("forthright-").unwrap_or(name)
    }

    /// The crates of this workspace that it names in a section, without the prefix.
    fn own_dependencies(&self, section: Section) -> BTreeSet<String> {
        let key = if section == Section::Dev { "dev-dependencies" } else { "dependencies" };
        let Some(dependencies) = self.manifest.get(key).and_then(toml::Value::as_table) else {
            return BTreeSet::new();
        };
        dependencies
            .iter()
            .filter(|(_, spec)| {
                let optional = spec.get("optional").and_then(toml::Value::as_bool) == Some(true);
                section == Section::Dev || optional == (section == Section::Optional)
            })
            .filter_map(|(name, _)| Some(name.strip_prefix("forthright-")?.to_owned()))
            .collect()
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read_manifest(path: &Path) -> Table {
    let text = fs::read_to_string(path).unwrap();
    text.parse().unwrap_or_else(|_| panic!("{} is no TOML", path.display()))
}

/// Every member, by the patterns of the root manifest.
fn members() -> Vec<Member> {
    let root = root();
    let manifest = read_manifest(&root.join("Cargo.toml"));
    let patterns = manifest["workspace"]["members"].as_array().unwrap();
    let mut folders = Vec::new();
    for pattern in patterns {
        let pattern = pattern.as_str().unwrap();
        match pattern.strip_suffix("/*") {
            None => folders.push(pattern.to_owned()),
            Some(parent) => folders.extend(
                fs::read_dir(root.join(parent))
                    .unwrap()
                    .map(|entry| entry.unwrap())
                    .filter(|entry| entry.path().join("Cargo.toml").exists())
                    .map(|entry| format!("{parent}/{}", entry.file_name().to_str().unwrap())),
            ),
        }
    }
    folders.sort_unstable();
    folders
        .into_iter()
        .map(|folder| {
            let manifest = read_manifest(&root.join(&folder).join("Cargo.toml"));
            Member { folder, manifest }
        })
        .collect()
}

/// The Rust files of every member, by their path from the root.
pub(crate) fn sources() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for member in members() {
        collect(&root().join(&member.folder), &mut found);
    }
    assert!(found.len() > 40, "the sources were not found");
    found
}

fn collect(folder: &Path, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                collect(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
            found.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
}

/// Fails with every offender and what to do about it.
fn expect_none(offenders: &[String], what_to_do: &str) {
    let mut list = String::new();
    for offender in offenders {
        writeln!(list, "  {offender}").unwrap();
    }
    assert!(offenders.is_empty(), "{what_to_do}:\n{list}");
}

/// What a crate may link, and what its feature `lambda` may add; none for crates that may link all.
fn allowed(name: &str) -> Option<(Vec<&'static str>, Vec<&'static str>)> {
    match name {
        "core" | "classifier" => Some((vec![], vec![])),
        "language" => Some((vec!["core", "classifier"], vec![])),
        "testkit" => Some((vec!["core", "channels"], vec![])),
        leaf if LEAVES.contains(&leaf) => Some((vec!["core"], vec![])),
        function if FUNCTIONS.contains(&function) => {
            Some((vec!["core", "channels", "policy"], vec!["aws", "egress", "language", "policy"]))
        }
        "xtask" => Some((vec!["testkit"], vec![])),
        "cli" | "tests" => None,
        _ => panic!("a new member `{name}`: say in tests/it/tidy.rs what it may depend on"),
    }
}

#[test]
fn dependencies_point_towards_core() {
    let mut offenders = Vec::new();
    for member in members() {
        let Some((normal, optional)) = allowed(member.name()) else {
            continue;
        };
        for (section, allowed) in [(Section::Normal, normal), (Section::Optional, optional)] {
            for dependency in member.own_dependencies(section) {
                if !allowed.contains(&dependency.as_str()) {
                    offenders
                        .push(format!("{}/Cargo.toml: forthright-{dependency}", member.folder));
                }
            }
        }
    }
    expect_none(
        &offenders,
        "remove these dependencies, or move what is shared into forthright-core",
    );
}

#[test]
fn tests_of_a_crate_add_only_the_testkit_and_what_it_may_link_anyway() {
    let mut offenders = Vec::new();
    for member in members() {
        let Some((mut may, _)) = allowed(member.name()) else {
            continue;
        };
        may.push("testkit");
        for dependency in member.own_dependencies(Section::Dev) {
            if !may.contains(&dependency.as_str()) {
                offenders.push(format!("{}/Cargo.toml: forthright-{dependency}", member.folder));
            }
        }
    }
    expect_none(&offenders, "move tests that need these crates to tests/it");
}

#[test]
fn the_program_never_links_the_cloud() {
    for member in members().iter().filter(|member| member.name() == "cli") {
        for section in [Section::Normal, Section::Optional, Section::Dev] {
            assert!(
                !member.own_dependencies(section).contains("aws"),
                "cli/Cargo.toml: remove forthright-aws; what both hosts need belongs in core"
            );
        }
    }
}

#[test]
fn what_is_local_is_never_deployed() {
    let mut offenders = Vec::new();
    for member in members() {
        let may = ["cli", "tests"].contains(&member.name());
        for section in [Section::Normal, Section::Optional, Section::Dev] {
            if !may && member.own_dependencies(section).contains("embedded") {
                offenders.push(format!("{}/Cargo.toml", member.folder));
            }
        }
    }
    expect_none(
        &offenders,
        "only cli and tests may depend on forthright-embedded; use the testkit's table",
    );
}

#[test]
fn functions_link_the_cloud_only_for_their_lambda() {
    let mut offenders = Vec::new();
    for member in members().iter().filter(|member| member.folder.starts_with("functions/")) {
        let lambda = member.manifest.get("features").and_then(|features| features.get("lambda"));
        let features = lambda.and_then(toml::Value::as_array).cloned().unwrap_or_default();
        let named = |dependency: &str| {
            features
                .iter()
                .any(|feature| feature.as_str() == Some(&format!("dep:forthright-{dependency}")))
        };
        for dependency in member.own_dependencies(Section::Optional) {
            if !named(&dependency) {
                offenders.push(format!("{}/Cargo.toml: forthright-{dependency}", member.folder));
            }
        }
    }
    expect_none(&offenders, "name these optional dependencies in the feature `lambda`");
}

#[test]
fn every_member_inherits_the_lints() {
    let mut offenders = Vec::new();
    for member in members() {
        let lints = member.manifest.get("lints");
        let inherits =
            lints.and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool);
        let own = OWN_LINTS.contains(&member.folder.as_str()) && lints.is_some();
        if inherits != Some(true) && !own {
            offenders.push(format!("{}/Cargo.toml", member.folder));
        }
    }
    expect_none(&offenders, "add `[lints] workspace = true`");
}

#[test]
fn the_main_of_a_lambda_only_wires() {
    let sources = sources();
    let mains: Vec<_> = sources
        .iter()
        .filter(|(path, _)| path.starts_with("functions/") && path.ends_with("src/main.rs"))
        .collect();
    assert_eq!(mains.len(), FUNCTIONS.len(), "every function has a src/main.rs");
    let offenders: Vec<_> = mains
        .into_iter()
        .filter(|(_, text)| text.lines().count() > MAIN_LINES_MAX)
        .map(|(path, text)| format!("{path}: {} lines", text.lines().count()))
        .collect();
    expect_none(
        &offenders,
        "move decisions into the function's library, wiring into forthright-aws",
    );
}

#[test]
fn files_are_named_for_what_they_decide() {
    const VAGUE: [&str; 5] = ["utils.rs", "helpers.rs", "common.rs", "manager.rs", "mod.rs"];
    let offenders: Vec<_> = sources()
        .into_keys()
        .filter(|path| VAGUE.contains(&path.rsplit('/').next().unwrap_or(path)))
        .collect();
    expect_none(&offenders, "name these for what they decide; `foo.rs` + `foo/`, never `mod.rs`");
}

#[test]
fn files_are_short_enough_to_read_at_once() {
    let offenders: Vec<_> = sources()
        .iter()
        .filter(|(_, text)| text.lines().count() > FILE_LINES_MAX)
        .map(|(path, text)| format!("{path}: {} lines", text.lines().count()))
        .collect();
    expect_none(&offenders, &format!("split these into files of at most {FILE_LINES_MAX} lines"));
}

#[test]
fn no_test_is_switched_off_and_nothing_is_put_off() {
    // Put together here, so that this file does not find itself.
    let marks = [
        concat!("#[", "ignore"),
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
    ];
    let mut offenders = Vec::new();
    for (path, text) in sources() {
        for (index, line) in text.lines().enumerate() {
            if marks.iter().any(|mark| line.contains(mark)) {
                offenders.push(format!("{path}:{}", index + 1));
            }
        }
    }
    expect_none(&offenders, "finish it now, or open an issue and remove the mark");
}

#[test]
fn what_is_personal_or_secret_cannot_be_printed_or_serialised() {
    // These fail when this file is compiled: neither may ever get a `Display`, a secret no `Serialize`.
    static_assertions::assert_not_impl_any!(Personal<String>: std::fmt::Display);
    static_assertions::assert_not_impl_any!(Secret: std::fmt::Display, serde::Serialize);
    assert_eq!(format!("{:?}", Personal::new("CANARY")), "[redacted]");
    assert_eq!(format!("{:?}", Secret::from("CANARY")), "[redacted]");
}

#[test]
fn architecture_shows_the_states_as_the_code_has_them() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap_or_default();
    assert!(
        page.contains(&state::as_markdown()),
        "ARCHITECTURE.md: replace its table of states by this one:\n\n{}\n",
        state::as_markdown()
    );
}
