//! `kill -9` at any moment: the published night stays whole, and the next run succeeds.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use crate::support::{files, idip, night, root, succeed};

/// Kills, spread over a run from its first moment to its last.
const KILLS: u32 = 50;

/// What a store may hold between runs.
const AT_REST: [&str; 6] = ["CURRENT", "LOCK", "failed", "nights", "run_results.json", "runs"];

#[test]
fn a_killed_run_leaves_the_night_before_whole_and_the_next_run_succeeds() {
    let project = root().join("sample_data/idip.yaml");
    let store = tempfile::tempdir().expect("a folder");
    let day = ["run", "--date", "2025-12-30"];
    succeed(&project, store.path(), &day);
    let (before, kept) = (night(store.path()), files(store.path()));

    let clean = tempfile::tempdir().expect("a folder");
    succeed(&project, clean.path(), &day);
    let length = {
        let begun = jiff::Timestamp::now();
        succeed(&project, clean.path(), &["run", "--date", "2025-12-31"]);
        jiff::Timestamp::now().duration_since(begun).unsigned_abs()
    };
    let expected = files(clean.path());

    for kill in 0..KILLS {
        let mut run = idip(&project, store.path(), &["run", "--date", "2025-12-31"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("starts");
        std::thread::sleep(
            length.mul_f64(f64::from(kill) / f64::from(KILLS)) + Duration::from_millis(1),
        );
        run.kill().expect("is killed");
        run.wait().expect("ends");
        if night(store.path()) != before {
            assert_eq!(files(store.path()), expected, "a night that came through is whole");
            break;
        }
        assert_eq!(files(store.path()), kept, "the night before is as it was");
    }
    succeed(&project, store.path(), &["run", "--date", "2025-12-31"]);
    assert_eq!(files(store.path()), expected);
    nothing_is_left_over(store.path());
}

fn nothing_is_left_over(store: &Path) {
    for entry in std::fs::read_dir(store).expect("a folder") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        assert!(AT_REST.contains(&name.as_str()), "`{name}` is left over");
    }
    assert_eq!(std::fs::read_dir(store.join("nights")).expect("a folder").count(), 2);
}
