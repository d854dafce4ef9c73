//! Replays a run up to every change and cuts the power there.
//!
//! The disk keeps what was fsynced. Of the rest it keeps, by policy, nothing, all, or some: data and
//! names are lost independently of each other, in any order, as ALICE (OSDI 2014) found on real
//! filesystems.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rand_like::Coin;

use crate::Store;
use crate::crash_tests::{SCENARIOS, Scenario};
use crate::probe::Change;
use crate::testing::fast_folder;

type Inode = usize;

/// What is kept of what was not fsynced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    Nothing,
    Some,
    All,
}

/// Losses of one power cut: of names in folders and of bytes in files.
const POLICIES: [(Kept, Kept); 6] = [
    (Kept::Nothing, Kept::Nothing),
    (Kept::Nothing, Kept::All),
    (Kept::All, Kept::Nothing),
    (Kept::All, Kept::Some),
    (Kept::Some, Kept::Nothing),
    (Kept::Some, Kept::Some),
];

#[derive(Debug, Clone, Default)]
struct FileState {
    is_dir: bool,
    durable: Vec<u8>,
    written: Vec<u8>,
}

/// A change of names; durable once one of the folders it touches is fsynced.
#[derive(Debug, Clone)]
struct NameChange {
    removed: Option<(Inode, String)>,
    added: Option<(Inode, String, Inode)>,
    durable: bool,
}

type Names = BTreeMap<(Inode, String), Inode>;

/// A disk with a cache in front of it; inode 0 is the store's folder.
#[derive(Debug, Clone)]
struct Model {
    root: PathBuf,
    files: Vec<FileState>,
    at_start: Names,
    live: Names,
    changes: Vec<NameChange>,
}

impl Model {
    /// Reads a folder, all of it durable.
    fn of(root: &Path) -> Self {
        let top = FileState { is_dir: true, ..FileState::default() };
        let mut model = Self {
            root: root.to_owned(),
            files: vec![top],
            at_start: Names::new(),
            live: Names::new(),
            changes: Vec::new(),
        };
        model.read(root, 0);
        model.live = model.at_start.clone();
        model
    }

    fn read(&mut self, folder: &Path, inode: Inode) {
        for entry in fs::read_dir(folder).expect("can be listed") {
            let path = entry.expect("can be listed").path();
            let bytes = if path.is_dir() { Vec::new() } else { fs::read(&path).expect("is read") };
            let is_dir = path.is_dir();
            self.files.push(FileState { is_dir, durable: bytes.clone(), written: bytes });
            let child = self.files.len() - 1;
            self.at_start.insert((inode, name_of(&path)), child);
            if is_dir {
                self.read(&path, child);
            }
        }
    }

    fn find(&self, path: &Path) -> Inode {
        let below = path.strip_prefix(&self.root).expect("lies in the store");
        below.iter().fold(0, |folder, part| {
            self.live[&(folder, part.to_str().expect("is UTF-8").to_owned())]
        })
    }

    fn place(&self, path: &Path) -> (Inode, String) {
        (self.find(path.parent().expect("has a folder")), name_of(path))
    }

    fn change_names(&mut self, removed: Option<&Path>, added: Option<(&Path, Inode)>) {
        let removed = removed.map(|path| self.place(path));
        let added = added.map(|(path, inode)| (self.place(path), inode));
        let added = added.map(|((folder, name), inode)| (folder, name, inode));
        let change = NameChange { removed, added, durable: false };
        change.apply(&mut self.live);
        self.changes.push(change);
    }

    fn apply(&mut self, change: &Change) {
        match change {
            Change::CreateDir(path) | Change::CreateFile(path) => {
                let is_dir = matches!(change, Change::CreateDir(_));
                self.files.push(FileState { is_dir, ..FileState::default() });
                self.change_names(None, Some((path, self.files.len() - 1)));
            }
            Change::Write(path, bytes) => {
                let inode = self.find(path);
                self.files[inode].written.extend(bytes);
            }
            Change::SyncFile(path) => {
                let inode = self.find(path);
                self.files[inode].durable = self.files[inode].written.clone();
            }
            Change::SyncDir(path) => {
                let folder = self.find(path);
                for change in self.changes.iter_mut().filter(|change| change.touches(folder)) {
                    change.durable = true;
                }
            }
            Change::Rename(from, to) => {
                let inode = self.find(from);
                self.change_names(Some(from), Some((to, inode)));
            }
            Change::Link(from, to) => self.change_names(None, Some((to, self.find(from)))),
            Change::Remove(path) => {
                let (folder, name) = self.place(path);
                if self.live.contains_key(&(folder, name)) {
                    self.change_names(Some(path), None);
                }
            }
        }
    }

    /// Writes what is left after a power cut into a fresh folder.
    fn cut(&self, (names, bytes): (Kept, Kept), coin: &mut Coin, target: &Path) {
        let mut left = self.at_start.clone();
        for change in &self.changes {
            let kept = change.durable
                || match names {
                    Kept::Nothing => false,
                    Kept::Some => coin.toss(),
                    Kept::All => true,
                };
            if kept {
                change.apply(&mut left);
            }
        }
        let contents = |file: &FileState| match bytes {
            Kept::Nothing => file.durable.clone(),
            Kept::Some => {
                file.written[..usize::midpoint(file.durable.len(), file.written.len())].to_vec()
            }
            Kept::All => file.written.clone(),
        };
        self.restore(0, &left, &contents, target);
    }

    fn restore(
        &self,
        folder: Inode,
        names: &Names,
        contents: &impl Fn(&FileState) -> Vec<u8>,
        target: &Path,
    ) {
        let inside = names.range((folder, String::new())..(folder + 1, String::new()));
        for ((_, name), inode) in inside {
            let (path, file) = (target.join(name), &self.files[*inode]);
            if file.is_dir {
                fs::create_dir(&path).expect("is made");
                self.restore(*inode, names, contents, &path);
            } else {
                fs::write(&path, contents(file)).expect("is written");
            }
        }
    }
}

impl NameChange {
    fn touches(&self, folder: Inode) -> bool {
        let removed = self.removed.as_ref().map(|(inside, _)| *inside);
        let added = self.added.as_ref().map(|(inside, ..)| *inside);
        [removed, added].contains(&Some(folder))
    }

    fn apply(&self, names: &mut Names) {
        if let Some(place) = &self.removed {
            names.remove(place);
        }
        if let Some((folder, name, inode)) = &self.added {
            names.insert((*folder, name.clone()), *inode);
        }
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().and_then(|name| name.to_str()).expect("has a name").to_owned()
}

/// A coin whose tosses are the same each time.
mod rand_like {
    pub(super) struct Coin(pub(super) u64);

    impl Coin {
        /// `SplitMix64`, its lowest bit.
        pub(super) fn toss(&mut self) -> bool {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = self.0;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            (mixed ^ (mixed >> 31)) & 1 == 1
        }
    }
}

fn cut_everywhere(scenario: &Scenario) -> usize {
    let outcomes = scenario.outcomes();
    let folder = fast_folder();
    let store = scenario.prepare(folder.path());
    let mut model = Model::of(folder.path());
    store.disk.probe.take_changes();
    (scenario.disturbed)(&store).expect("an undisturbed run succeeds");
    let changes = store.disk.probe.take_changes();

    let mut states = 0;
    for (at, change) in changes.iter().enumerate() {
        model.apply(change);
        for (number, policy) in POLICIES.into_iter().enumerate() {
            let left = fast_folder();
            model.cut(policy, &mut Coin((at * 10 + number) as u64), left.path());
            let store = Store::open(left.path()).expect("opens");
            scenario.assert_whole(&store, &outcomes);
            scenario.assert_recovers(&store, &outcomes);
            states += 1;
        }
    }
    states
}

#[test]
fn a_power_cut_at_any_moment_leaves_the_old_night_or_the_new_one() {
    let states: usize = SCENARIOS.iter().map(cut_everywhere).sum();
    assert!(states > 1_000, "only {states} states were seen");
}
