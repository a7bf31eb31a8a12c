//! A registry in memory, with manifests that are good, wrong and false.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use futures_util::stream;
use serde_json::{Value, json};

use super::*;
use crate::image::Compressed;

const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

/// A registry of one repository in memory.
#[derive(Default)]
struct Shelf {
    manifests: Mutex<BTreeMap<String, Manifest>>,
    blobs: Mutex<BTreeMap<Digest, Bytes>>,
}

#[async_trait]
impl Registry for Shelf {
    async fn manifest(&self, _: &str, reference: &Reference) -> Result<Manifest, ImageError> {
        let found = self.manifests.lock().unwrap().get(&reference.to_string()).cloned();
        found.ok_or_else(|| ImageError::NotFound { what: reference.to_string() })
    }

    async fn blob(&self, _: &str, digest: Digest) -> Result<Compressed, ImageError> {
        let found = self.blobs.lock().unwrap().get(&digest).cloned();
        let blob = found.ok_or_else(|| ImageError::NotFound { what: digest.to_string() })?;
        Ok(Box::pin(stream::iter([Ok(blob)])))
    }
}

impl Shelf {
    /// Puts a document under a tag and its digest.
    fn put(&self, tag: &str, kind: &str, document: &Value) -> Digest {
        let manifest = Manifest { bytes: document.to_string().into(), media_type: kind.to_owned() };
        let digest = Digest::of(&manifest.bytes);
        let mut manifests = self.manifests.lock().unwrap();
        manifests.insert(format!("sha256:{digest}"), manifest.clone());
        manifests.insert(tag.to_owned(), manifest);
        digest
    }

    fn blob(&self, document: &Value) -> Digest {
        let bytes = Bytes::from(document.to_string());
        let digest = Digest::of(&bytes);
        self.blobs.lock().unwrap().insert(digest, bytes);
        digest
    }

    /// An image of two layers for a processor.
    fn image(&self, tag: &str, architecture: &str) -> Digest {
        let configuration = self.blob(&configuration(architecture));
        self.put(tag, OCI, &manifest(configuration))
    }

    async fn resolve(&self, uri: &str) -> Result<Image, ImageError> {
        resolve(self, &uri.parse().unwrap(), Architecture::X86_64).await
    }

    /// Resolves one document that is there as `t`.
    async fn error(&self, kind: &str, document: &Value) -> ImageError {
        self.put("t", kind, document);
        self.resolve("r.io/a:t").await.unwrap_err()
    }
}

fn diff_id(n: u8) -> Digest {
    Digest::of(&[n])
}

fn configuration(architecture: &str) -> Value {
    json!({
        "architecture": architecture, "os": "linux", "history": null,
        "config": {
            "User": "1000", "Env": ["PATH=/bin", "A=b=c", "ALONE"], "Entrypoint": ["/entry", "x"], "Cmd": ["app.handler"],
            "WorkingDir": "/var/task", "ExposedPorts": {"80/tcp": {}}, "Volumes": null, "OnBuild": null, "Labels": null,
        },
        "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{}", diff_id(1)), format!("sha256:{}", diff_id(2))]},
    })
}

fn manifest(configuration: Digest) -> Value {
    let layer = |n: u8, kind: &str| json!({"mediaType": kind, "digest": format!("sha256:{}", diff_id(n + 10)), "size": n});
    json!({
        "schemaVersion": 2, "mediaType": OCI,
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": format!("sha256:{configuration}"), "size": 1,
        },
        "layers": [
            layer(1, "application/vnd.oci.image.layer.v1.tar+gzip"),
            layer(2, "application/vnd.docker.image.rootfs.diff.tar.gzip"),
        ],
    })
}

fn index(kind: &str, images: &[(&str, Digest)]) -> Value {
    let entry = |(architecture, digest): &(&str, Digest)| {
        json!({"mediaType": OCI, "digest": format!("sha256:{digest}"), "size": 1,
               "platform": {"os": if *architecture == "unknown" { "unknown" } else { "linux" }, "architecture": architecture}})
    };
    json!({"schemaVersion": 2, "mediaType": kind, "manifests": images.iter().map(entry).collect::<Vec<_>>()})
}

#[tokio::test]
async fn a_tag_becomes_what_a_function_keeps() {
    let shelf = Shelf::default();
    let digest = shelf.image("v1", "amd64");
    let image = shelf.resolve("r.io:5/team/app:v1").await.unwrap();
    assert_eq!(image.uri, "r.io:5/team/app:v1");
    assert_eq!(image.resolved_uri, format!("r.io:5/team/app@sha256:{digest}"));
    assert_eq!((image.manifest, image.architecture), (digest, Architecture::X86_64));
    let layers: Vec<_> =
        image.layers.iter().map(|layer| (layer.digest, layer.diff_id, layer.bytes)).collect();
    assert_eq!(layers, [(diff_id(11), diff_id(1), 1), (diff_id(12), diff_id(2), 2)]);
    assert_eq!(image.compressed_bytes(), 3);
    let process = &image.config;
    assert_eq!(
        (process.entry_point.join(" "), process.command.join(" ")),
        ("/entry x".into(), "app.handler".into())
    );
    assert_eq!(process.working_directory.as_deref(), Some("/var/task"));
    assert_eq!(process.user.as_deref(), Some("1000"));
    let environment: Vec<_> = process.environment.iter().map(|(k, v)| format!("{k}={v}")).collect();
    assert_eq!(environment, ["A=b=c", "ALONE=", "PATH=/bin"]);
    let again = serde_json::from_str::<Image>(&serde_json::to_string(&image).unwrap()).unwrap();
    assert_eq!(again, image);
    let by_digest = shelf.resolve(&format!("r.io:5/team/app@sha256:{digest}")).await.unwrap();
    assert_eq!(by_digest.resolved_uri, image.resolved_uri);
}

#[tokio::test]
async fn of_an_index_the_functions_processor_is_taken() {
    let shelf = Shelf::default();
    let (arm, intel) = (shelf.image("arm", "arm64"), shelf.image("intel", "amd64"));
    for kind in [INDEX, DOCKER_LIST] {
        shelf.put("all", kind, &index(kind, &[("unknown", arm), ("arm64", arm), ("amd64", intel)]));
        let image = shelf.resolve("r.io/a:all").await.unwrap();
        assert_eq!((image.manifest, image.architecture), (intel, Architecture::X86_64));
        let uri = "r.io/a:all".parse().unwrap();
        let image = resolve(&shelf, &uri, Architecture::Arm64).await.unwrap();
        assert_eq!((image.manifest, image.architecture), (arm, Architecture::Arm64));
    }
    let error = shelf.error(INDEX, &index(INDEX, &[("unknown", arm), ("arm64", arm)])).await;
    assert!(matches!(error, ImageError::NoSuchArchitecture { .. }), "{error:?}");
    let inner = shelf.put("inner", INDEX, &index(INDEX, &[("amd64", intel)]));
    let error = shelf.error(INDEX, &index(INDEX, &[("amd64", inner)])).await;
    assert!(matches!(error, ImageError::MediaType { .. }), "{error:?}");
}

#[tokio::test]
async fn an_image_for_the_other_processor_is_taken_by_itself() {
    let shelf = Shelf::default();
    shelf.image("v1", "arm64");
    assert_eq!(shelf.resolve("r.io/a:v1").await.unwrap().architecture, Architecture::Arm64);
}

#[tokio::test]
async fn media_types_a_function_cannot_be_made_of_are_refused_in_awss_words() {
    let shelf = Shelf::default();
    let good = manifest(shelf.blob(&configuration("amd64")));
    let with = |path: &str, value: Value| {
        let mut document = good.clone();
        *document.pointer_mut(path).unwrap() = value;
        document
    };
    let helm = "application/vnd.cncf.helm.config.v1+json";
    let foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
    let both = {
        let mut both = good.clone();
        both["manifests"] = json!([]);
        both
    };
    let wrong = [
        with("/mediaType", json!("application/vnd.docker.distribution.manifest.v1+prettyjws")),
        with("/config/mediaType", json!(helm)),
        with("/layers/0/mediaType", json!(foreign)),
        with("/layers/0/digest", json!(format!("sha512:{}", "0".repeat(128)))),
        with("/schemaVersion", json!(1)),
        both,
        manifest(shelf.blob(&configuration("riscv64"))),
        json!({"schemaVersion": 1, "fsLayers": []}),
    ];
    let message =
        "The image manifest, config or layer media type for the source image r.io/a:t is not supported.";
    for document in wrong {
        let error = shelf.error(OCI, &document).await;
        assert_eq!(error.aws_message("r.io/a:t").as_deref(), Some(message), "{error:?}");
    }
}

#[tokio::test]
async fn what_lies_about_itself_is_refused() {
    let shelf = Shelf::default();
    let digest = shelf.image("t", "amd64");
    shelf.manifests.lock().unwrap().get_mut(&format!("sha256:{digest}")).unwrap().bytes =
        Bytes::from_static(b"{}");
    let error = shelf.resolve(&format!("r.io/a@sha256:{digest}")).await.unwrap_err();
    assert!(matches!(error, ImageError::WrongDigest { what: "the manifest", .. }), "{error:?}");

    let configuration = shelf.blob(&configuration("amd64"));
    let good = manifest(configuration);
    shelf.blobs.lock().unwrap().insert(configuration, Bytes::from_static(b"{}"));
    let error = shelf.error(OCI, &good).await;
    assert!(matches!(error, ImageError::WrongDigest { what: "the configuration", .. }), "{error:?}");
}

#[tokio::test]
async fn limits_and_broken_documents_are_the_images_fault() {
    let shelf = Shelf::default();
    let good = manifest(shelf.blob(&configuration("amd64")));
    let mut many = good.clone();
    many["layers"] = json!(vec![good["layers"][0].clone(); IMAGE_LAYERS_MAX + 1]);
    let mut large = good.clone();
    large["layers"][0]["size"] = json!(IMAGE_UNPACKED_MAX_BYTES);
    let mut overflow = large.clone();
    overflow["layers"][1]["size"] = json!(u64::MAX);
    let mut fewer = good.clone();
    fewer["layers"].as_array_mut().unwrap().pop();
    assert!(matches!(shelf.error(OCI, &many).await, ImageError::TooManyLayers { layers: 128 }));
    assert!(matches!(shelf.error(OCI, &large).await, ImageError::TooLarge));
    assert!(matches!(shelf.error(OCI, &overflow).await, ImageError::TooLarge));
    assert!(matches!(shelf.error(OCI, &fewer).await, ImageError::Unreadable { .. }));
    assert!(matches!(shelf.error(OCI, &json!([])).await, ImageError::Unreadable { .. }));
    let error = shelf.error(OCI, &json!({"schemaVersion": 2, "layers": 1, "x": " ".repeat(5 << 20)})).await;
    assert!(matches!(error, ImageError::ManifestTooLarge), "{error:?}");
    let message = "Source image r.io/a:t is not valid. Provide a valid source image.";
    assert_eq!(error.aws_message("r.io/a:t").as_deref(), Some(message));
    let error = shelf.resolve("r.io/a:gone").await.unwrap_err();
    let message = "Source image r.io/a:gone does not exist. Provide a valid source image.";
    assert_eq!(error.aws_message("r.io/a:gone").as_deref(), Some(message));
}
