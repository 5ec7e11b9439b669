//! CPU and memory that a pod requests unless its settings say otherwise: what a picture of its size was measured to need.

use std::collections::BTreeMap;

use crds::Video;
use k8s_openapi::api::core::v1::ResourceRequirements;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

/// What a part of a session needs.
///
/// Measured with two clients, 160x120 at 30 to 1920x1080 at 60 frames per second, over a textured background: the memory
/// grows with the pixels of a picture alone (a server from 20 to 101 MB, a client from 20 to 38 MB), the CPU with the
/// pixels of a second (18 to 201 and 11 to 96 thousandths of a processor).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Needs {
    /// Thousandths of a processor at any size.
    millicores: u64,
    /// And so many more for a million pixels in a second.
    millicores_per_megapixel: u64,
    /// The least that is requested, and the steps in which more is.
    least_millicores: u64,
    /// MiB at any size.
    mebibytes: u64,
    /// And so many bytes more for each pixel.
    bytes_per_pixel: u64,
    /// The least that is requested.
    least_mebibytes: u64,
}

/// Of a server with a few clients.
pub(super) const SERVER: Needs = Needs {
    millicores: 60,
    millicores_per_megapixel: 2,
    least_millicores: 100,
    mebibytes: 40,
    bytes_per_pixel: 48,
    least_mebibytes: 64,
};

/// Of a client.
pub(super) const CLIENT: Needs = Needs {
    millicores: 30,
    millicores_per_megapixel: 1,
    least_millicores: 50,
    mebibytes: 32,
    bytes_per_pixel: 12,
    least_mebibytes: 48,
};

/// Sizes that hardly differ request the same.
const STEP_MILLICORES: u64 = 50;
const STEP_MEBIBYTES: u64 = 16;

const MEBIBYTE: u64 = 1 << 20;
const MEGAPIXEL: u64 = 1_000_000;

impl Needs {
    /// What is requested for this picture; there are no limits.
    pub(super) fn of(self, video: Video) -> ResourceRequirements {
        let pixels = u64::from(video.width.unsigned_abs()) * u64::from(video.height.unsigned_abs());
        let pixels_per_second = pixels * u64::from(video.frames_per_second.unsigned_abs());
        let cpu = self.millicores + (pixels_per_second * self.millicores_per_megapixel).div_ceil(MEGAPIXEL);
        let memory = self.mebibytes + (pixels * self.bytes_per_pixel).div_ceil(MEBIBYTE);
        let cpu = cpu.next_multiple_of(STEP_MILLICORES).max(self.least_millicores);
        let memory = memory.next_multiple_of(STEP_MEBIBYTES).max(self.least_mebibytes);
        let requests = BTreeMap::from([
            ("cpu".to_owned(), Quantity(format!("{cpu}m"))),
            ("memory".to_owned(), Quantity(format!("{memory}Mi"))),
        ]);
        ResourceRequirements { requests: Some(requests), ..ResourceRequirements::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requested(needs: Needs, width: i32, height: i32, frames_per_second: i32) -> [String; 2] {
        let video = Video { width, height, frames_per_second, ..Video::default() };
        let mut requests = needs.of(video).requests.unwrap();
        ["cpu", "memory"].map(|name| requests.remove(name).unwrap().0)
    }

    /// L17: a server of 1080p took 102 MB and requested 64Mi.
    #[test]
    fn larger_pictures_request_what_they_were_measured_to_need() {
        for (width, height, rate, server, client) in [
            (64, 64, 5, ["100m", "64Mi"], ["50m", "48Mi"]),
            (640, 480, 30, ["100m", "64Mi"], ["50m", "48Mi"]),
            (640, 480, 60, ["100m", "64Mi"], ["50m", "48Mi"]),
            (1280, 720, 30, ["150m", "96Mi"], ["100m", "48Mi"]),
            (1920, 1080, 30, ["200m", "144Mi"], ["100m", "64Mi"]),
            (1920, 1080, 60, ["350m", "144Mi"], ["200m", "64Mi"]),
        ] {
            assert_eq!(requested(SERVER, width, height, rate), server, "{width}x{height} at {rate}");
            assert_eq!(requested(CLIENT, width, height, rate), client, "{width}x{height} at {rate}");
        }
    }
}
