// Finds the ball in a video's frame: the centre of what is yellow, first roughly in a small copy of the frame, then in
// the pixels around it. Pixel centres are at whole coordinates.

const COARSE_WIDTH = 160;
// How far from grey, towards yellow, a pixel must be to count, of 255.
const LEAST = 40;
// Yellow pixels that are a ball, in the coarse copy.
const FEWEST = 3;

export class Detector {
  constructor() {
    [this.coarse, this.fine] = [0, 1].map(() =>
      document.createElement("canvas").getContext("2d", { willReadFrequently: true }),
    );
  }

  // The ball's centre in pixels, or null where there is none.
  find(video) {
    const { videoWidth: width, videoHeight: height } = video;
    if (!width || !height) return null;
    const scale = Math.min(1, COARSE_WIDTH / width);
    const [coarseWidth, coarseHeight] = [Math.round(width * scale), Math.round(height * scale)];
    const rough = centre(pixels(this.coarse, video, [0, 0, width, height], coarseWidth, coarseHeight));
    if (rough === null || rough.weight < FEWEST) return null;

    const radius = Math.sqrt(rough.weight / Math.PI) / scale;
    const reach = Math.ceil(radius * 1.3 + 2 / scale + 4);
    const left = Math.max(0, Math.round((rough.x + 0.5) / scale) - reach);
    const top = Math.max(0, Math.round((rough.y + 0.5) / scale) - reach);
    const [across, down] = [Math.min(2 * reach, width - left), Math.min(2 * reach, height - top)];
    const exact = centre(pixels(this.fine, video, [left, top, across, down], across, down));
    return exact && { x: left + exact.x, y: top + exact.y };
  }
}

function pixels(context, video, source, width, height) {
  const { canvas } = context;
  if (canvas.width < width) canvas.width = width;
  if (canvas.height < height) canvas.height = height;
  context.drawImage(video, ...source, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

// The centre of what is yellow, each pixel counting by how yellow it is; `weight` is the area in full pixels.
function centre({ data, width }) {
  let [sum, xs, ys, most] = [0, 0, 0, 0];
  for (let i = 0; i < data.length; i += 4) {
    const yellow = Math.min(data[i], data[i + 1]) - data[i + 2] - LEAST;
    if (yellow <= 0) continue;
    const pixel = i / 4;
    sum += yellow;
    xs += yellow * (pixel % width);
    ys += yellow * Math.floor(pixel / width);
    if (yellow > most) most = yellow;
  }
  return sum === 0 ? null : { x: xs / sum, y: ys / sum, weight: sum / most };
}
