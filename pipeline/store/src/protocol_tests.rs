//! What is in force when: locks, dates, replacements, retention.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::testing::{
    Night, assert_no_leftovers, draft, failing_run, fast_folder, published_bytes, results, run,
    write_first_step, write_second_step,
};
use crate::{Outcome, PublishMode, Store, StoreError};

const D29: &str = "2026-01-29";
const D30: &str = "2026-01-30";
const D31: &str = "2026-01-31";

fn with_nights(nights: &[Night]) -> (tempfile::TempDir, Store) {
    let folder = fast_folder();
    let store = Store::open(folder.path()).expect("opens");
    for night in nights {
        run(&store, *night).expect("runs");
    }
    (folder, store)
}

fn dates(store: &Store) -> Vec<String> {
    let nights = store.nights().expect("can be listed");
    nights.iter().map(|name| name.date().to_owned()).collect()
}

#[test]
fn a_second_lock_is_refused_until_the_first_is_gone() {
    let (_folder, store) = with_nights(&[]);
    let first = store.lock().expect("is free");
    let other = Store::open(store.path()).expect("opens");
    assert!(matches!(other.lock(), Err(StoreError::Busy { .. })));
    let staging = first.begin("a1").expect("begins");
    drop(first);
    assert!(matches!(other.lock(), Err(StoreError::Busy { .. })), "a run outlives its guard");
    drop(staging);
    other.lock().expect("is free again");
}

#[test]
fn a_night_run_again_changes_nothing() {
    let (_folder, store) = with_nights(&[Night::of(D30, "a"), Night::of(D31, "b")]);
    let before = published_bytes(&store);
    assert_eq!(run(&store, Night::of(D31, "b")).expect("runs"), Outcome::Unchanged);

    // Also when the runner did not look first and did all the work again.
    let lock = store.lock().expect("is free");
    let staging = lock.begin("b2").expect("begins");
    write_first_step(&staging, "b").expect("writes");
    write_second_step(&staging, "b").expect("writes");
    let night = Night::of(D31, "b");
    let published =
        lock.publish(staging, &draft(&store, night).expect("a draft"), night.mode).expect("same");
    assert_eq!(published.outcome, Outcome::Unchanged);
    assert_eq!(
        published.night.name().as_str(),
        store.current_name().expect("reads").expect("is").as_str()
    );
    assert_eq!(published_bytes(&store), before);
    assert_no_leftovers(&store);
}

#[test]
fn the_same_run_gives_the_same_bytes_in_another_store() {
    let nights = [Night::of(D30, "a"), Night::of(D31, "b")];
    let ((_one, first), (_two, second)) = (with_nights(&nights), with_nights(&nights));
    assert_eq!(published_bytes(&first), published_bytes(&second));
}

#[test]
fn other_inputs_for_a_published_date_need_replace() {
    let (_folder, store) = with_nights(&[Night::of(D31, "b")]);
    let error = run(&store, Night::of(D31, "c")).expect_err("refused");
    assert!(matches!(error, StoreError::AlreadyPublished { .. }), "{error}");
    assert_eq!(run(&store, Night::of(D31, "c").replacing()).expect("runs"), Outcome::Replaced);
    let current = store.current().expect("opens").expect("is published");
    assert_eq!(current.manifest().fingerprint, "2026-01-31-c");
    assert_eq!(store.night_folders().expect("lists").len(), 1, "the old night is gone");
}

#[test]
fn other_bytes_from_the_same_fingerprint_are_a_fault() {
    let (_folder, store) = with_nights(&[Night::of(D31, "b")]);
    let lock = store.lock().expect("is free");
    let staging = lock.begin("b2").expect("begins");
    write_first_step(&staging, "b").expect("writes");
    write_second_step(&staging, "other").expect("writes");
    let draft = draft(&store, Night::of(D31, "b")).expect("a draft");
    let error = lock.publish(staging, &draft, PublishMode::default()).expect_err("refused");
    assert_eq!(
        error.to_string(),
        "2026-01-31 was run again from the same inputs and gave other bytes in: \
         differentiate/crm/vip.csv, differentiate/customer_segment/part-0.parquet"
    );
}

#[test]
fn an_earlier_date_needs_backfill_and_leaves_the_pointer() {
    let (_folder, store) = with_nights(&[Night::of(D30, "a"), Night::of(D31, "b")]);
    let current = store.current_name().expect("reads");
    let error = run(&store, Night::of(D29, "e")).expect_err("refused");
    assert!(matches!(error, StoreError::OutOfOrder { .. }), "{error}");
    assert_eq!(run(&store, Night::of(D29, "e").backfill()).expect("runs"), Outcome::Added);
    assert_eq!(store.current_name().expect("reads"), current);
    assert_eq!(dates(&store), [D29, D30, D31]);

    // A night between is replaced only when both are allowed.
    assert!(run(&store, Night::of(D30, "x").replacing()).is_err());
    assert!(run(&store, Night::of(D30, "x").backfill()).is_err());
    run(&store, Night::of(D30, "x").replacing().backfill()).expect("runs");
    let replaced = store.night(D30).expect("opens").expect("is published");
    assert_eq!(replaced.manifest().fingerprint, "2026-01-30-x");
    assert_eq!(store.current_name().expect("reads"), current);
}

#[test]
fn previous_is_the_latest_night_before_a_date() {
    let (_folder, store) = with_nights(&[Night::of(D29, "a"), Night::of(D31, "b")]);
    let previous = |date| {
        let night = store.previous(date).expect("opens");
        night.map(|night| night.date().to_owned())
    };
    assert_eq!(previous(D29), None);
    assert_eq!(previous(D30).as_deref(), Some(D29));
    assert_eq!(previous(D31).as_deref(), Some(D29));
    assert_eq!(previous("2026-03-01").as_deref(), Some(D31));
    assert!(store.previous("2026-02-30").is_err());
}

#[test]
fn a_run_that_read_another_night_is_refused() {
    let (_folder, store) = with_nights(&[Night::of(D29, "a"), Night::of(D30, "b")]);
    let lock = store.lock().expect("is free");
    let staging = lock.begin("b2").expect("begins");
    let mut draft = draft(&store, Night::of(D31, "c")).expect("a draft");
    draft.parent = None;
    let error = lock.publish(staging, &draft, PublishMode::default()).expect_err("refused");
    let message = error.to_string();
    let expected = "run of 2026-01-31 started from no night, expected `2026-01-30-";
    assert!(message.starts_with(expected), "{message}");
}

#[test]
fn a_night_never_put_in_force_is_invisible_and_swept() {
    let (_folder, store) = with_nights(&[Night::of(D30, "a"), Night::of(D31, "b")]);
    let nights = store.nights().expect("lists");
    std::fs::write(store.pointer_path(), format!("{}\n", nights[0])).expect("moves back");
    assert_eq!(dates(&store), [D30]);
    assert!(store.night(D31).expect("looks").is_none());
    let swept = store.lock().expect("is free").sweep().expect("sweeps");
    assert_eq!(swept.removed, [format!("nights/{}", nights[1])]);
}

#[test]
fn nights_that_no_killed_run_can_have_left_are_not_swept() {
    let (_folder, store) =
        with_nights(&[Night::of(D29, "a"), Night::of(D30, "b"), Night::of(D31, "c")]);
    let nights = store.nights().expect("lists");
    std::fs::write(store.pointer_path(), format!("{}\n", nights[0])).expect("moves back");
    let error = store.lock().expect("is free").sweep().expect_err("refused");
    let expected = format!(
        "`CURRENT` names `{}` but 2 later nights exist ({}, {}): \
         restore `CURRENT` or remove them by hand",
        nights[0], nights[1], nights[2]
    );
    assert_eq!(error.to_string(), expected);
    std::fs::remove_file(store.pointer_path()).expect("is lost");
    assert!(store.lock().expect("is free").sweep().is_err(), "a lost pointer loses no night");
    assert_eq!(store.night_folders().expect("lists").len(), 3);
}

#[test]
fn prune_keeps_the_newest_the_one_in_force_and_its_parent() {
    let (_folder, store) =
        with_nights(&[Night::of("2026-01-28", "z"), Night::of(D29, "a"), Night::of(D30, "b")]);
    failing_run(&store, Night::of(D29, "x")).expect("fails and is kept");
    run(&store, Night::of(D31, "c")).expect("runs");
    assert!(store.failed(D29).expect("looks").is_none(), "pruned at the end of the run");
    let lock = store.lock().expect("is free");
    assert_eq!(lock.prune(3).expect("prunes").removed.len(), 1);
    assert_eq!(dates(&store), [D29, D30, D31]);
    assert_eq!(lock.prune(0).expect("prunes").removed.len(), 1);
    assert_eq!(dates(&store), [D30, D31]);
    assert_eq!(lock.prune(0).expect("prunes").removed.len(), 0);
}

#[test]
fn readers_see_one_generation_while_runs_replace_it() {
    let (_folder, store) = with_nights(&[Night::of(D30, "a"), Night::of(D31, "b")]);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let reader = Store::open_existing(store.path()).expect("opens");
            let mut seen = 0;
            while !done.load(Ordering::Relaxed) {
                let night = reader.current().expect("opens").expect("is published");
                assert_eq!(night.date(), D31);
                assert_eq!(dates(&reader), [D30, D31]);
                assert!(reader.night(D30).expect("opens").is_some());
                seen += 1;
            }
            seen
        });
        for round in 0..40 {
            let salt = if round % 2 == 0 { "x" } else { "y" };
            run(&store, Night::of(D31, salt).replacing()).expect("runs");
            run(&store, Night::of(D30, salt).replacing().backfill()).expect("runs");
            // The second run changed the parent: 31 January is due again.
            run(&store, Night::of(D31, "z").replacing()).expect("runs");
        }
        done.store(true, Ordering::Relaxed);
        assert!(reader.join().expect("sees no mix") > 0);
    });
}

#[test]
fn the_last_thirty_run_results_are_kept_newest_first() {
    let (_folder, store) = with_nights(&[]);
    let lock = store.lock().expect("is free");
    for minute in 10..45 {
        let at = format!("2026-01-31T02:{minute}:00Z");
        lock.write_run_results(&results(&at, "a1")).expect("writes");
    }
    let kept = store.run_results().expect("reads");
    assert_eq!(kept.len(), 30);
    assert_eq!(kept[0].metadata.generated_at, "2026-01-31T02:44:00Z");
    assert_eq!(kept[29].metadata.generated_at, "2026-01-31T02:15:00Z");
    assert_eq!(store.last_run_results().expect("reads").as_ref(), Some(&kept[0]));
    let hostile = results("2026-01-31T02:00:00Z", "../x");
    assert!(matches!(lock.write_run_results(&hostile), Err(StoreError::Name { .. })));
}

#[test]
fn run_results_have_the_field_names_of_dbt() {
    let written = serde_json::to_value(results("2026-01-31T02:00:00Z", "a1")).expect("is JSON");
    let keys = |value: &serde_json::Value| -> Vec<String> {
        value.as_object().expect("an object").keys().cloned().collect()
    };
    assert_eq!(keys(&written), ["args", "elapsed_time", "metadata", "results"]);
    assert_eq!(
        keys(&written["results"][0]),
        [
            "adapter_response",
            "execution_time",
            "failures",
            "message",
            "status",
            "timing",
            "unique_id"
        ]
    );
    assert_eq!(written["results"][0]["status"], "success");
    assert_eq!(keys(&written["results"][0]["timing"][0]), ["completed_at", "name", "started_at"]);
}
