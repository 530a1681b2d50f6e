//! Licences, sources and advisories of all that is built upon, by cargo-deny.

use std::path::{Path, PathBuf};

use crate::{Outcome, files, run};

/// What is looked at unless something is named. Advisories are fetched from the network.
const ALL: &[&str] = &["licenses", "bans", "sources", "advisories"];

/// Looks at the checks named, or at all, in each workspace. With `--strict` a missing tool is a failure.
///
/// # Errors
/// [`Failure::Step`](crate::Failure::Step) for something that `deny.toml` does not allow.
pub fn run(root: &Path, args: &[String]) -> Outcome {
    let (options, named): (Vec<&str>, Vec<&str>) =
        args.iter().map(String::as_str).partition(|arg| arg.starts_with('-'));
    if !run::works(run::cargo(root, &["deny", "--version"])) {
        return run::missing(options.contains(&"--strict"), "cargo install --locked cargo-deny");
    }
    let checks = if named.is_empty() { ALL } else { &named };
    workspaces(root)?.iter().try_for_each(|workspace| deny(root, workspace, checks))
}

/// The folders, seen from the top, that have a list of exact versions of their own.
fn workspaces(root: &Path) -> Result<Vec<PathBuf>, crate::Failure> {
    let locks = files::below(root, &["boards", "fuzz"], &["Cargo.lock"])?;
    let folders = locks.iter().filter_map(|lock| Path::new(&lock.path).parent()).map(Path::to_path_buf);
    Ok([PathBuf::new()].into_iter().chain(folders).collect())
}

fn deny(root: &Path, workspace: &Path, checks: &[&str]) -> Outcome {
    println!(
        "== {}",
        if workspace.as_os_str().is_empty() { Path::new("the workspace") } else { workspace }.display()
    );
    let mut command = run::cargo(root, &["deny", "--config", "deny.toml", "--manifest-path"]);
    command
        .arg(root.join(workspace).join("Cargo.toml"))
        .args(["check", "--hide-inclusion-graph"])
        .args(checks);
    run::run(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_of_versions_is_looked_at() {
        let found = workspaces(&files::root()).unwrap();
        for folder in ["", "fuzz", "boards/size-probe"] {
            assert!(found.contains(&PathBuf::from(folder)), "{folder} is not in {found:?}");
        }
    }
}
