//! Programs for chips: each board is a workspace of its own, with its own target, profile and lock file.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Failure, Outcome, files, run};

/// The folder of what is built as it is released.
pub const RELEASE: &str = "release";

/// A folder below `boards`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Board {
    pub name: String,
    pub folder: PathBuf,
    target: String,
}

/// Looks at all boards, or those named, with clippy and builds them. A board whose target is not
/// installed is skipped, or with `--strict` a failure.
///
/// # Errors
/// [`Failure::Step`] when a board does not pass; [`Failure::Usage`] for one that is not there.
pub fn run(root: &Path, args: &[String]) -> Outcome {
    let strict = args.iter().any(|arg| arg == "--strict");
    let names: Vec<&str> = args.iter().map(String::as_str).filter(|arg| *arg != "--strict").collect();
    for board in named(root, &names)? {
        println!("== {}", board.name);
        if board.has_target() {
            board.check(root)?;
            println!("{}", board.build(root)?.display());
        } else {
            println!("skipped: target missing: rustup target add {}", board.target);
            if strict {
                return Err(Failure::Step(format!("rustup target add {}", board.target)));
            }
        }
    }
    Ok(())
}

/// The boards with these names, or all.
///
/// # Errors
/// [`Failure::Usage`] for a name that none has.
pub fn named(root: &Path, names: &[&str]) -> Result<Vec<Board>, Failure> {
    let boards = all(root)?;
    if let Some(wrong) = names.iter().find(|name| !boards.iter().any(|board| board.name == **name)) {
        let known: Vec<&str> = boards.iter().map(|board| board.name.as_str()).collect();
        return Err(Failure::Usage(format!("{wrong}? The boards are: {}", known.join(" "))));
    }
    Ok(boards.into_iter().filter(|board| names.is_empty() || names.contains(&board.name.as_str())).collect())
}

fn all(root: &Path) -> Result<Vec<Board>, Failure> {
    let manifests = files::below(root, &["boards"], &["Cargo.toml"])?;
    manifests.iter().map(|file| Board::at(root, file.path.trim_end_matches("/Cargo.toml"))).collect()
}

impl Board {
    fn at(root: &Path, path: &str) -> Result<Self, Failure> {
        let folder = root.join(path);
        let config = files::read(&folder.join(".cargo/config.toml"))?;
        let target = target(&config)
            .ok_or_else(|| Failure::Step(format!("{path}/.cargo/config.toml names no target")))?;
        let name = path.rsplit('/').next().unwrap_or(path).to_owned();
        Ok(Self { name, folder, target: target.to_owned() })
    }

    /// Whether the compiler can build for it.
    pub fn has_target(&self) -> bool {
        let mut rustc = Command::new("rustc");
        rustc.args(["--print", "target-libdir", "--target", &self.target]).current_dir(&self.folder);
        run::output(rustc).is_ok_and(|folder| Path::new(folder.trim()).is_dir())
    }

    fn check(&self, root: &Path) -> Outcome {
        let mut clippy = run::cargo(&self.folder, &["clippy", "--quiet", "--release", "--locked"]);
        clippy.arg("--target-dir").arg(self.target_folder(root, RELEASE)).args(["--", "-D", "warnings"]);
        run::run(clippy)
    }

    /// Where what is built for this purpose lies.
    fn target_folder(&self, root: &Path, purpose: &str) -> PathBuf {
        let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        target.join("boards").join(&self.name).join(purpose)
    }

    /// Builds it as released, and tells where the program is.
    ///
    /// # Errors
    /// [`Failure::Step`] when it does not build.
    pub fn build(&self, root: &Path) -> Result<PathBuf, Failure> {
        self.build_with(root, RELEASE, |_| ())
    }

    /// The same with something else about the command, in a folder of its own below the target folder.
    ///
    /// # Errors
    /// [`Failure::Step`] when it does not build.
    pub fn build_with(
        &self,
        root: &Path,
        purpose: &str,
        change: impl FnOnce(&mut Command),
    ) -> Result<PathBuf, Failure> {
        let target = self.target_folder(root, purpose);
        let args = ["build", "--quiet", "--release", "--locked", "--target-dir"];
        let mut cargo = run::cargo(&self.folder, &args);
        cargo.arg(&target);
        change(&mut cargo);
        run::run(cargo)?;
        Ok(target.join(&self.target).join("release").join(&self.name))
    }
}

/// The target in a cargo configuration.
fn target(config: &str) -> Option<&str> {
    let line = config.lines().find_map(|line| line.strip_prefix("target")?.trim_start().strip_prefix('='))?;
    line.trim().strip_prefix('"')?.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_read_from_the_configuration() {
        let config =
            "[build]\ntarget = \"thumbv6m-none-eabi\"\n\n[target.thumbv6m-none-eabi]\nrunner = \"a\"\n";
        assert_eq!(target(config), Some("thumbv6m-none-eabi"));
        assert_eq!(target("[build]\n"), None);
    }

    #[test]
    fn boards_are_found_by_their_folders() {
        let boards = named(&files::root(), &["size-probe"]).unwrap();
        assert_eq!(boards.len(), 1);
        assert!(boards[0].folder.ends_with("boards/size-probe"));
        let text = named(&files::root(), &["toaster"]).unwrap_err().to_string();
        assert!(text.contains("size-probe"), "{text}");
    }
}
