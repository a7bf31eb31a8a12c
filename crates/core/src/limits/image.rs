//! Limits of container images. Never enforces anything itself.
//!
//! Sources: <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>,
//! <https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html>

use std::time::Duration;

/// The largest image, all layers unpacked: 10 GB.
pub const IMAGE_UNPACKED_MAX_BYTES: u64 = 10 * 1024 * 1024 * 1024;
/// Layers of one image: what Docker can build, and far below what an overlay can hold.
pub const IMAGE_LAYERS_MAX: usize = 127;
/// The largest manifest or index: what registries take.
pub const IMAGE_MANIFEST_MAX_BYTES: usize = 4 * 1024 * 1024;
/// The largest configuration of an image. No quota of AWS's: ten times what a long history needs.
pub const IMAGE_CONFIGURATION_MAX_BYTES: u64 = 8 * 1024 * 1024;
/// Layers of one image that are fetched and unpacked at the same time.
pub const LAYERS_AT_ONCE_MAX: usize = 4;
/// Files, folders and links in one layer: above real ones, below what exhausts inodes. No quota of AWS's.
pub const LAYER_ENTRIES_MAX: u64 = 1_000_000;
/// Names, extended attributes and holes of one entry of a layer, as the tar holds them. No quota of AWS's.
pub const LAYER_ENTRY_HEADERS_MAX_BYTES: u64 = 1024 * 1024;
/// How long a registry may take to accept a connection.
pub const REGISTRY_CONNECT_MAX: Duration = Duration::from_secs(10);
/// How long a registry may take to sign one in, and to send a manifest.
pub const REGISTRY_ANSWER_MAX: Duration = Duration::from_secs(60);
/// How long a registry may send nothing in the middle of an answer.
pub const REGISTRY_STALL_MAX: Duration = Duration::from_secs(30);
