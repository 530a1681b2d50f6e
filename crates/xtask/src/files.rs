//! Finding and reading the files of the repository.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Failure;

/// The top of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new(".")).to_path_buf()
}

/// A text file and where it lies, seen from the top.
#[derive(Debug, Clone)]
pub struct File {
    /// Path from the top, with `/`.
    pub path: String,
    /// What is in it.
    pub text: String,
}

/// All files below `folders` that end in one of `endings`, by path. A folder that does not exist is empty.
///
/// # Errors
/// [`Failure::File`] for one that cannot be read.
pub fn below(root: &Path, folders: &[&str], endings: &[&str]) -> Result<Vec<File>, Failure> {
    let mut paths = Vec::new();
    for folder in folders {
        collect(&root.join(folder), endings, &mut paths)?;
    }
    paths.sort();
    paths.into_iter().map(|path| Ok(File { text: read(&path)?, path: shown(root, &path) })).collect()
}

fn collect(folder: &Path, endings: &[&str], found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if path.is_dir() {
            if !skipped(&name) {
                collect(&path, endings, found)?;
            }
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            found.push(path);
        }
    }
    Ok(())
}

/// Folders that hold what programs made.
fn skipped(name: &str) -> bool {
    name.starts_with('.') || ["target", "corpus", "artifacts", "coverage", "node_modules"].contains(&name)
}

/// Whether a file, by its path from the top, holds nothing but tests.
pub fn is_test(path: &str) -> bool {
    path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("/tests.rs")
}

/// Reads a text file.
///
/// # Errors
/// [`Failure::File`].
pub fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| Failure::File(path.to_path_buf(), error))
}

/// Reads a file of any kind.
///
/// # Errors
/// [`Failure::File`].
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| Failure::File(path.to_path_buf(), error))
}

/// Writes a text file.
///
/// # Errors
/// [`Failure::File`].
pub fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| Failure::File(path.to_path_buf(), error))
}

fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_holds_the_workspace() {
        assert!(read(&root().join("Cargo.toml")).unwrap().contains("[workspace]"));
    }

    #[test]
    fn this_file_is_found_and_its_path_starts_at_the_top() {
        let files = below(&root(), &["crates/xtask"], &[".rs"]).unwrap();
        assert!(files.iter().any(|file| file.path == "crates/xtask/src/files.rs"));
    }

    #[test]
    fn tests_lie_in_folders_and_files_of_that_name() {
        let tests = ["tests/a.rs", "crates/a/tests/b.rs", "crates/a/src/b/tests.rs"];
        assert!(tests.iter().all(|path| is_test(path)));
        assert!(!is_test("crates/a/src/contests.rs"));
    }

    #[test]
    fn a_folder_that_is_not_there_is_empty() {
        assert!(below(&root(), &["no/such/folder"], &[".rs"]).unwrap().is_empty());
    }
}
