//! `cargo xtask deploy`: the functions on an emulator of AWS, tried, and left running if that is wanted.

use std::path::Path;

use anyhow::{Result, bail};

use crate::{
    aws::{Deployment, Use},
    output::Recorded,
    stage::Outcome,
};

/// Where to, and for how long.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Deploy to an emulator on this machine
    #[arg(long)]
    emulated: bool,
    /// Leave it running until Enter or Ctrl-C
    #[arg(long, requires = "emulated")]
    keep: bool,
}

/// Deploys, tries it, says where it is, and takes it down; true if all went well.
pub(crate) fn run(root: &Path, arguments: &Arguments) -> Result<bool> {
    if !arguments.emulated {
        bail!(
            "a real account is deployed to with `cargo lambda build` and `terraform apply`, see infra/README.md; \
             `--emulated` deploys to an emulator on this machine"
        );
    }
    let mut recorded = Recorded::default();
    let deployment = Deployment::up(root, &mut recorded, Use::Driven)?;
    let driven = deployment.drive(&mut recorded)?;
    deployment.keep_logs(&mut recorded)?;
    println!("\n{}\n", recorded.counts());
    deployment.print_addresses();
    if arguments.keep {
        deployment.wait()?;
    }
    let gone = deployment.down()?;
    Ok(driven == Outcome::Passed && gone)
}
