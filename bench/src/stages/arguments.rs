//! The command line.

use clap::Parser;
use picture::Size;
use process::arguments;

/// What each stage of a frame costs, and what detectors cost and find: JSON on stdout.
#[derive(Debug, Clone, Parser)]
#[command(name = "ballsession-stages", version)]
pub struct Arguments {
    /// Width of the video, pixels
    #[arg(long, value_name = "PIXELS", default_value = "640", value_parser = arguments::even_number(64, 1920))]
    width: u32,
    /// Height of the video, pixels
    #[arg(long, value_name = "PIXELS", default_value = "480", value_parser = arguments::even_number(64, 1080))]
    height: u32,
    /// Frames per second
    #[arg(long, value_name = "RATE", default_value = "30", value_parser = arguments::whole_number(5, 60))]
    pub(crate) fps: u32,
    /// Bitrate that the encoder aims at
    #[arg(long, value_name = "KBPS", default_value = "1000", value_parser = arguments::whole_number(50, 20_000))]
    pub(crate) bitrate_kbps: u32,
    /// Radius of the ball, pixels
    #[arg(long, value_name = "PIXELS", default_value = "20", value_parser = arguments::number(4.0, 200.0))]
    radius: f64,
    /// Speed of the ball, pixels per second
    #[arg(long, value_name = "PIXELS", default_value = "270", value_parser = arguments::number(0.0, 5000.0))]
    speed: f64,
    /// Seconds of video for each measurement
    #[arg(long, value_name = "N", default_value = "5", value_parser = arguments::whole_number(1, 600))]
    pub(crate) seconds: u32,
}

impl Arguments {
    /// The scene that they ask for.
    ///
    /// # Errors
    /// Where values do not go together.
    pub(crate) fn scene(&self) -> anyhow::Result<scene::Settings> {
        let size = Size::new(self.width as usize, self.height as usize)?;
        let settings = scene::Settings { size, radius: self.radius, speed: self.speed, seed: 1 };
        settings.validate()?;
        Ok(settings)
    }

    /// Frames of each measurement.
    pub(crate) fn frames(&self) -> u32 {
        self.seconds * self.fps
    }
}
