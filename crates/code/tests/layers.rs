//! Layers of images are unpacked once whoever asks, seen whole or not at all, and go only when nobody needs them.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures_util::stream;
use lambent_code::Digest;
use lambent_code::image::{Compressed, ImageError, Layers};
use lambent_core::lambda::architecture::Architecture;
use lambent_core::lambda::image::{Image, ImageProcess, LayerRef};

/// A tar of one file.
fn tar_of(name: &str, content: &str) -> Bytes {
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    builder.append_data(&mut header, name, content.as_bytes()).unwrap();
    builder.into_inner().unwrap().into()
}

fn layer_of(tar: &Bytes) -> LayerRef {
    let digest = Digest::of(tar);
    LayerRef { digest, diff_id: digest, bytes: tar.len() as u64 }
}

fn stream_of(blob: &Bytes) -> Compressed {
    // In pieces, as a network gives it.
    let pieces: Vec<io::Result<Bytes>> =
        blob.chunks(700).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    Box::pin(stream::iter(pieces))
}

fn image_of(tars: &[Bytes]) -> Image {
    Image {
        uri: "r.io/a:t".to_owned(),
        resolved_uri: "r.io/a@sha256:…".to_owned(),
        manifest: Digest::of(b"manifest"),
        configuration: Digest::of(b"configuration"),
        layers: tars.iter().map(layer_of).collect(),
        config: ImageProcess::default(),
        architecture: Architecture::X86_64,
    }
}

type Expected = fn(&ImageError) -> bool;

fn assert_empty(folder: &Path) {
    for part in ["staging", "trash"] {
        assert_eq!(std::fs::read_dir(folder.join(part)).unwrap().count(), 0, "{part}");
    }
}

#[tokio::test]
async fn a_layer_is_unpacked_once_however_many_ask() {
    let folder = tempfile::tempdir().unwrap();
    let layers = Layers::open(folder.path()).unwrap();
    let tar = tar_of("file", "content");
    let jobs = (0..20).map(|_| layers.unpack(layer_of(&tar), stream_of(&tar)));
    let made: Vec<_> = futures_util::future::try_join_all(jobs).await.unwrap();
    assert!(made.iter().all(|layer| layer.path() == made[0].path()));
    assert_eq!(std::fs::read_to_string(made[0].path().join("file")).unwrap(), "content");
    assert_eq!((made[0].unpacked_bytes(), made[0].diff_id()), (7, Digest::of(&tar)));
    // The same tar from another blob is the same layer: its bytes are not even looked at.
    let other = LayerRef { digest: Digest::of(b"another compression"), ..layer_of(&tar) };
    let again = layers.unpack(other, Box::pin(stream::pending())).await.unwrap();
    assert_eq!(again.path(), made[0].path());
    assert_empty(folder.path());
}

#[tokio::test]
async fn only_missing_layers_of_an_image_are_fetched_and_the_order_stays() {
    let folder = tempfile::tempdir().unwrap();
    let layers = Layers::open(folder.path()).unwrap();
    let tars: Vec<Bytes> = (0..12).map(|n| tar_of("file", &format!("{n}"))).collect();
    let blobs: BTreeMap<Digest, Bytes> = tars.iter().map(|tar| (Digest::of(tar), tar.clone())).collect();
    let fetched = Arc::new(AtomicUsize::new(0));
    let open = |layer: LayerRef| {
        let (fetched, blob) = (Arc::clone(&fetched), blobs[&layer.digest].clone());
        async move {
            fetched.fetch_add(1, Ordering::Relaxed);
            Ok(stream_of(&blob))
        }
    };
    let first = layers.unpack_image(&image_of(&tars[..8]), open).await.unwrap();
    assert_eq!(fetched.load(Ordering::Relaxed), 8);
    let all = layers.unpack_image(&image_of(&tars), open).await.unwrap();
    assert_eq!(fetched.load(Ordering::Relaxed), 12);
    for (n, layer) in all.iter().enumerate() {
        assert_eq!(std::fs::read_to_string(layer.path().join("file")).unwrap(), n.to_string());
    }
    drop(first);
}

#[tokio::test]
async fn a_layer_that_an_image_has_twice_stands_where_it_is_on_top() {
    let folder = tempfile::tempdir().unwrap();
    let layers = Layers::open(folder.path()).unwrap();
    let (twice, other) = (tar_of("file", "twice"), tar_of("file", "other"));
    let image = image_of(&[twice.clone(), other.clone(), twice.clone()]);
    let open = |layer: LayerRef| {
        let blob = if layer.digest == Digest::of(&twice) { twice.clone() } else { other.clone() };
        async move { Ok(stream_of(&blob)) }
    };
    let found = layers.unpack_image(&image, open).await.unwrap();
    let found: Vec<Digest> = found.iter().map(|layer| layer.diff_id()).collect();
    assert_eq!(found, [Digest::of(&other), Digest::of(&twice)]);
}

#[tokio::test]
async fn what_fails_leaves_nothing_and_may_be_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let layers = Layers::open(folder.path()).unwrap();
    let tar = tar_of("file", &"content".repeat(1000));
    let wrong: [(Compressed, Expected); 3] = [
        (stream_of(&tar.slice(..3000)), |error| matches!(error, ImageError::Damaged { .. })),
        (stream_of(&tar_of("file", "other")), |error| matches!(error, ImageError::WrongDigest { .. })),
        (Box::pin(stream::iter([Err(io::ErrorKind::ConnectionReset.into())])), |error| {
            matches!(error, ImageError::Stopped { .. })
        }),
    ];
    for (blob, expected) in wrong {
        let error = layers.unpack(layer_of(&tar), blob).await.unwrap_err();
        assert!(expected(&error), "{error:?}");
        assert!(layers.get(&Digest::of(&tar)).is_none());
        assert_empty(folder.path());
    }
    let failing = |_| async { Err(ImageError::NotFound { what: "a blob".to_owned() }) };
    let error = layers.unpack_image(&image_of(std::slice::from_ref(&tar)), failing).await.unwrap_err();
    assert!(matches!(error, ImageError::NotFound { .. }), "{error:?}");
    layers.unpack(layer_of(&tar), stream_of(&tar)).await.unwrap();
}

#[tokio::test]
async fn layers_go_when_nobody_needs_them_and_outlive_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let layers = Layers::open(folder.path()).unwrap();
    let (kept, used, gone) = (tar_of("f", "kept"), tar_of("f", "used"), tar_of("f", "gone"));
    for tar in [&kept, &gone] {
        layers.unpack(layer_of(tar), stream_of(tar)).await.unwrap();
    }
    let handle = layers.unpack(layer_of(&used), stream_of(&used)).await.unwrap();
    let collected = layers.collect(BTreeSet::from([Digest::of(&kept)])).await.unwrap();
    assert_eq!((collected.trees, collected.unzipped_bytes), (1, 4));
    assert!(layers.get(&Digest::of(&gone)).is_none() && handle.path().join("f").exists());
    drop((handle, layers));
    let layers = Layers::open(folder.path()).unwrap();
    assert!(layers.get(&Digest::of(&kept)).is_some() && layers.get(&Digest::of(&used)).is_some());
}
