//! Layers lie over each other as they do on AWS, without a copy and without a way out.

use zip::write::{SimpleFileOptions, ZipWriter};

use super::*;

/// A zip of folders, which end in `/`, symlinks, which hold ` -> `, and files that hold their owner's name.
fn layer_of(owner: &str, entries: &[&str]) -> Bytes {
    let mut writer = ZipWriter::new(io::Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    for entry in entries {
        if let Some((name, target)) = entry.split_once(" -> ") {
            writer.add_symlink(name, target, options).unwrap();
        } else if entry.ends_with('/') {
            writer.add_directory(*entry, options.unix_permissions(0o750)).unwrap();
        } else {
            writer.start_file(*entry, options).unwrap();
            writer.write_all(owner.as_bytes()).unwrap();
        }
    }
    writer.finish().unwrap().into_inner().into()
}

async fn merged(trees: &Trees, layers: &[(&str, &[&str])]) -> Tree {
    let mut each = Vec::new();
    for (owner, entries) in layers {
        each.push(trees.unpack(layer_of(owner, entries)).await.unwrap());
    }
    trees.merged(&each).await.unwrap().unwrap()
}

#[tokio::test]
async fn of_two_layers_the_later_wins_and_no_file_is_copied() {
    let root = tempfile::tempdir().unwrap();
    let trees = Trees::open(root.path()).unwrap();
    let one = trees.unpack(layer_of("one", &["both", "lib/one", "lib/both"])).await.unwrap();
    let two = trees.unpack(layer_of("two", &["lib/", "lib/two", "lib/both", "both"])).await.unwrap();
    let tree = trees.merged(&[one.clone(), two.clone()]).await.unwrap().unwrap();
    let read = |name: &str| fs::read_to_string(tree.path().join(name)).unwrap();
    assert_eq!(
        [read("both"), read("lib/both"), read("lib/one"), read("lib/two")],
        ["two", "two", "one", "two"]
    );
    assert_eq!(tree.path().join("lib").metadata().unwrap().mode() & 0o777, 0o750, "the later folder's mode");
    let inode_of = |tree: &Tree| tree.path().join("lib/one").metadata().unwrap().ino();
    assert_eq!(inode_of(&tree), inode_of(&one));
    let other_way = trees.merged(&[two.clone(), one.clone()]).await.unwrap().unwrap();
    assert_ne!(other_way.digest(), tree.digest());
    assert_eq!(fs::read_to_string(one.path().join("both")).unwrap(), "one", "the layers are as they were");
    assert_eq!(trees.merged(std::slice::from_ref(&one)).await.unwrap().unwrap().digest(), one.digest());
    assert!(trees.merged(&[]).await.unwrap().is_none());
    assert_tidy(root.path());
}

#[tokio::test]
async fn a_later_layer_takes_the_place_of_whatever_is_there() {
    let root = tempfile::tempdir().unwrap();
    let trees = Trees::open(root.path()).unwrap();
    let outside = root.path().join("outside");
    fs::create_dir(&outside).unwrap();
    let leads_out = format!("a -> {}", outside.display());
    let tree = merged(
        &trees,
        &[
            ("one", &[&leads_out, "b/deep/file", "c", "d -> nowhere"]),
            ("two", &["a/file", "b", "c/file", "d"]),
        ],
    )
    .await;
    for file in ["a/file", "b", "c/file", "d"] {
        assert_eq!(fs::read_to_string(tree.path().join(file)).unwrap(), "two", "{file}");
    }
    assert_eq!(names(&outside), [""; 0], "no symlink is followed");
    let deep = "d/".repeat(2000) + "f";
    let tree = merged(&trees, &[("one", &[&deep]), ("two", &["x", &deep])]).await;
    assert_eq!(names(tree.path()), ["d", "x"]);
}

#[tokio::test]
async fn merged_layers_outlive_the_layers_and_go_when_nobody_runs_them() {
    let root = tempfile::tempdir().unwrap();
    let trees = Trees::open(root.path()).unwrap();
    let tree = merged(&trees, &[("one", &["one"]), ("two", &["two"])]).await;
    trees.collect(BTreeSet::new()).await.unwrap();
    assert_eq!(names(tree.path()), ["one", "two"]);
    let path = tree.path().to_owned();
    drop(tree);
    assert_eq!(trees.collect(BTreeSet::new()).await.unwrap().trees, 1);
    assert!(!path.exists());
}
