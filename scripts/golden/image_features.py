"""Writes the reference image features of the tests (Tests/Fixtures/images/skimage.safetensors): scikit-image's and
squidpy's on a small picture.

    python scripts/golden/image_features.py
    python scripts/golden/image_features.py --compare FEATURES.h5ad PICTURE.png [KEY]

The second form computes the features of ten spots of a slice anew and prints the largest difference; the matrix must have
been made by `stomics image-features --no-standardise` of that PNG (--image-file).
Needs: scikit-image, squidpy (the file records their versions), safetensors; anndata and pillow to compare.
"""
import sys
import warnings
from pathlib import Path

import numpy as np

warnings.filterwarnings("ignore")
from skimage.color import rgb2gray, rgb2hed, separate_stains  # noqa: E402
from skimage.feature import graycomatrix, graycoprops  # noqa: E402
from skimage.util import img_as_ubyte  # noqa: E402

ANGLES = [0, np.pi / 4, np.pi / 2, 3 * np.pi / 4]
PROPERTIES = ["contrast", "dissimilarity", "homogeneity", "correlation", "ASM"]


def statistics(channel):
    """Mean, standard deviation and quantiles, as squidpy's features_summary takes them."""
    return [np.mean(channel), np.std(channel)] + [np.quantile(channel, q) for q in (0.1, 0.5, 0.9)]


def window(centre, side, limit):
    start = int(np.floor(centre - side / 2 + 0.5))
    return slice(max(0, start), min(limit, start + side))


def features(picture, centre, side):
    """One row: colour, stain, texture. `picture` is [height, width, 3] of bytes, `centre` (x, y)."""
    patch = picture[window(centre[1], side, picture.shape[0]), window(centre[0], side, picture.shape[1])]
    row = []
    for channel in range(3):
        row += statistics(patch[..., channel] / 255)
    stains = rgb2hed(patch)
    for stain in range(3):
        row += statistics(stains[..., stain])
    matrix = graycomatrix(img_as_ubyte(rgb2gray(patch)), distances=[1], angles=ANGLES, levels=256)
    for name in PROPERTIES:
        row += list(graycoprops(matrix, name)[0])
    return row


def macenko(picture):
    """The slide's stains by Macenko et al. 2009, written from the paper: rows haematoxylin, eosin, residual."""
    density = -np.log10(np.maximum(picture.reshape(-1, 3), 1) / 255)
    density = density[np.linalg.norm(density, axis=1) >= 0.15]
    _, _, axes = np.linalg.svd(density, full_matrices=False)
    first, second = axes[0] * np.sign(axes[0].sum()), axes[1]
    angles = np.arctan2(density @ second, density @ first)
    ends = [np.cos(a) * first + np.sin(a) * second for a in np.quantile(angles, [0.01, 0.99])]
    ends = sorted((np.maximum(v, 0) / np.linalg.norm(np.maximum(v, 0)) for v in ends), key=lambda v: -v[0])
    normal = np.cross(*ends)
    return np.stack(ends + [normal / np.linalg.norm(normal)])


def small_picture():
    """Pale glass with pink fibres on one side and purple nuclei on the other, 37 rows of 53 pixels: no symmetry."""
    rng = np.random.default_rng(7)
    y, x = np.mgrid[0:37, 0:53]
    picture = np.full((37, 53, 3), 240.0)
    tissue = x + 0.4 * y > 14
    picture[tissue] = [222, 150, 196]
    nuclei = tissue & (rng.random((37, 53)) < 0.15 + 0.4 * (y > 20))
    picture[nuclei] = [96, 70, 140]
    picture += rng.normal(0, 9, picture.shape) + 6 * np.sin(x / 5.0)[..., None]
    picture = np.clip(picture, 0, 255).astype(np.uint8)
    picture[0, :3] = [[0, 0, 0], [255, 255, 255], [0, 255, 0]]
    picture[30:, 45:] = [200, 120, 180]  # one colour: the limits of texture
    # Halves are rounded by the last bit of a sum there, by rule here: such pixels have no reference.
    exact = picture.astype(int) @ [2125, 7154, 721] % 10000
    assert not (exact == 5000).any()
    return picture


def fixtures():
    from importlib.metadata import version

    from safetensors.numpy import save_file
    picture = small_picture()
    centres = np.array([[10.0, 12.0], [26.4, 20.6], [40.5, 9.5], [0.0, 0.0], [52.9, 36.9], [30.0, 40.0], [-3.0, 18.0], [49, 34]])
    arrays = {"picture": picture, "hed": rgb2hed(picture), "grey": img_as_ubyte(rgb2gray(picture)), "centres": centres}
    for side in (1, 4, 9, 25):
        inside = [i for i, c in enumerate(centres)
                  if all(s.stop > s.start for s in (window(c[0], side, 53), window(c[1], side, 37)))]
        arrays[f"spots_{side}"] = np.array(inside)
        arrays[f"features_{side}"] = np.array([features(picture, centres[i], side) for i in inside])
    arrays["macenko"] = macenko(picture)
    arrays["macenko_amounts"] = separate_stains(picture, np.linalg.inv(arrays["macenko"]))
    arrays["squidpy"], names = squidpy_features(picture)
    target = Path(__file__).parents[2] / "Tests/Fixtures/images/skimage.safetensors"
    save_file({k: np.ascontiguousarray(v) for k, v in arrays.items()}, target,
              {"scikit-image": version("scikit-image"), "squidpy": version("squidpy"), "numpy": np.__version__,
               "squidpy_names": ",".join(names)})
    print(f"{target}: {target.stat().st_size} bytes")


def squidpy_features(picture):
    """What squidpy itself says of the whole picture: summary of the channels, texture of the grey levels."""
    from squidpy.im import ImageContainer
    colour = ImageContainer(picture / 255, layer="image").features_summary("image", quantiles=(0.1, 0.5, 0.9))
    grey = ImageContainer(img_as_ubyte(rgb2gray(picture)), layer="image")
    both = {**colour, **grey.features_texture("image")}
    return np.array(list(both.values()), dtype=np.float64), list(both)


def compare(path, png, key="X_image"):
    import anndata
    from PIL import Image
    Image.MAX_IMAGE_PIXELS = None
    adata = anndata.read_h5ad(path)
    record = adata.uns["image_features"][key]
    picture = np.asarray(Image.open(png).convert("RGB"))
    scale = float(record["scale_factor"])
    worst = 0.0
    for i in np.random.default_rng(0).choice(adata.n_obs, 10, replace=False):
        row = np.concatenate([features(picture, adata.obsm["spatial"][i] * scale, int(s)) for s in record["patch_pixels"]])
        mine = adata.obsm[key][i]
        error = np.abs(mine - row) / np.maximum(np.abs(row), 1e-3)
        worst = max(worst, error.max())
        print(f"{adata.obs_names[i]}: {error.max():.2e} at {record['names'][error.argmax()]}")
    print(f"largest relative difference: {worst:.2e}")


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] == "--compare":
        compare(*sys.argv[2:])
    else:
        fixtures()
