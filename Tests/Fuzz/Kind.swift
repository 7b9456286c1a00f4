import AnnData
import HDF5
import Images
import Models
import Parquet
import StomicsCLI
import StomicsCore
import Training

/// One kind of file: what is damaged, and everything a user could do with it.
///
/// A new kind is one entry of `all`.
struct Kind: Sendable {
  let name: String
  /// Its part of all damaged files, beside the other kinds' parts.
  let share: Int
  /// The name it has where it is opened; a folder before it is part of the kind (`run/model.safetensors`).
  let path: String
  /// Seed files: fixtures (`io/everything.h5ad.gz`), or names of what `Corpus.make` makes.
  let seeds: [String]
  /// Files of the corpus that lie beside the damaged one, by the names they have there.
  var companions: [String: String] = [:]
  /// How its bytes are built, so that damage goes where readers look.
  let format: Format
  /// Command lines that are run: `@` is the file, `^` its folder, `%` a file to write.
  var commands: [String] = []
  /// Of these one is run, by the seed.
  var oneOf: [String] = []
  /// Opens the file without a command and says whether it got past opening; throws what the reader throws.
  let open: @Sendable (_ path: String) throws -> Void
  /// What is read besides, once it is open.
  var read: @Sendable (_ path: String) throws -> Void = { _ in }

  enum Format: Sendable { case hdf5, png, safetensors, text, bytes }

  static func named(_ name: String) -> Kind? { all.first { $0.name == name } }

  static let all: [Kind] = [
    Kind(
      name: "h5ad", share: 48, path: "slice.h5ad",
      seeds: [
        "io/everything.h5ad.gz", "io/everything_gzip.h5ad.gz", "io/everything_lzf.h5ad.gz", "io/not_finite.h5ad.gz",
        "io/unsorted.h5ad.gz", "io/rare.h5.gz", "io/handmade.h5ad.gz", "io/anndata-0.4.4.h5ad.gz",
        "io/anndata-0.6.22.post1.h5ad.gz", "io/anndata-0.7.h5ad.gz", "io/anndata-0.7.8.h5ad.gz",
        "io/anndata-0.8.0.h5ad.gz", "tenx/v3_all.h5ad.gz", "cortex.h5ad", "slice.h5ad", "plain.h5ad", "predicted.h5ad",
        "image.h5ad",
      ],
      companions: ["run/model.safetensors": "run/model.safetensors"], format: .hdf5,
      commands: ["info @", "convert @ %.h5ad"],
      oneOf: [
        "info @ --json", "preprocess @ -o %.h5ad --n-top-genes 20", "plot domains @ -o %.svg",
        "predict ^/run @ -o %.h5ad", "train @ -o ^/new --epochs 1 --embed-dim 16 --hidden-dim 16",
      ],
      open: { _ = try H5File.open($0).root().names() }, read: HDF5Walk.everything),
    Kind(
      name: "h5", share: 20, path: "layouts.h5",
      seeds: ["io/layouts_old.h5.gz", "io/layouts_new.h5.gz", "io/tenx.h5.gz", "io/szip.h5.gz"], format: .hdf5,
      commands: ["info @", "convert @ %.h5ad"],
      open: { _ = try H5File.open($0).root().names() }, read: HDF5Walk.everything),
    Kind(
      name: "structures", share: 2, path: "structures.h5",
      seeds: ["io/structures_old.h5.gz", "io/structures_new.h5.gz", "io/structures_latest.h5.gz"], format: .hdf5,
      open: { _ = try H5File.open($0).root().names() }, read: HDF5Walk.everything),
    Kind(
      name: "10x", share: 8, path: "matrix.h5",
      seeds: [
        "tenx/v2.h5.gz", "tenx/v3.h5.gz", "tenx/probes.h5.gz", "tenx/antibodies.h5.gz", "tenx/large_counts.h5.gz",
      ], format: .hdf5, commands: ["info @", "convert @ %.h5ad"], oneOf: ["convert @ %.h5ad --feature-types all"],
      open: { _ = try H5File.open($0).root().names() }, read: HDF5Walk.everything),
    Kind(
      name: "matrix market", share: 4, path: "market/matrix.mtx", seeds: ["tenx/market_v2/matrix.mtx"],
      companions: [
        "market/genes.tsv": "tenx/market_v2/genes.tsv", "market/barcodes.tsv": "tenx/market_v2/barcodes.tsv",
      ], format: .text, commands: ["info ^", "convert ^ %.h5ad"], open: { _ = try readFile($0) }),
    Kind(
      name: "features", share: 2, path: "market/genes.tsv", seeds: ["tenx/market_v2/genes.tsv"],
      companions: [
        "market/matrix.mtx": "tenx/market_v2/matrix.mtx", "market/barcodes.tsv": "tenx/market_v2/barcodes.tsv",
      ], format: .text, commands: ["info ^", "convert ^ %.h5ad"], open: { _ = try readFile($0) }),
    Kind(
      name: "packed matrix", share: 2, path: "market/GSM1_matrix.mtx.gz",
      seeds: ["tenx/market_prefix/GSM1_matrix.mtx.gz"],
      companions: [
        "market/GSM1_features.tsv.gz": "tenx/market_prefix/GSM1_features.tsv.gz",
        "market/GSM1_barcodes.tsv.gz": "tenx/market_prefix/GSM1_barcodes.tsv.gz",
      ], format: .bytes, commands: ["info ^", "convert ^ %.h5ad"], open: { _ = try readFile($0) }),
    Kind(
      name: "positions", share: 3, path: "visium/spatial/tissue_positions_list.csv",
      seeds: ["tenx/visium1/spatial/tissue_positions_list.csv"], companions: visium(but: "tissue_positions_list.csv"),
      format: .text, commands: ["info ^/..", "convert ^/.. %.h5ad"], open: { _ = try readFile($0) }),
    Kind(
      name: "scale factors", share: 2, path: "visium/spatial/scalefactors_json.json",
      seeds: ["tenx/visium1/spatial/scalefactors_json.json"], companions: visium(but: "scalefactors_json.json"),
      format: .text, commands: ["info ^/..", "convert ^/.. %.h5ad"], open: { _ = try readFile($0) }),
    Kind(
      name: "tissue image", share: 2, path: "visium/spatial/tissue_lowres_image.png",
      seeds: ["tenx/visium1/spatial/tissue_lowres_image.png"], companions: visium(but: "tissue_lowres_image.png"),
      format: .png, commands: ["info ^/..", "convert ^/.. %.h5ad"], open: { _ = try readFile($0) }),
    Kind(
      name: "parquet", share: 6, path: "table.parquet",
      seeds: ["snappy_v1", "gzip_v2", "lz4_v1", "none_v2"].map { "parquet/arrow_\($0).parquet.gz" }
        + ["polars", "fastparquet", "types", "hd_pandas", "positions_visium2"].map { "parquet/\($0).parquet.gz" },
      format: .bytes, open: { _ = try ParquetTable.read($0, columns: []) }, read: { _ = try ParquetTable.read($0) }),
    Kind(
      name: "npy", share: 3, path: "embedding.npy",
      seeds: SampleEmbedding.names.filter { $0.hasSuffix(".npy") }, companions: ["cortex.h5ad": "cortex.h5ad"],
      format: .bytes, commands: ["import-embedding ^/cortex.h5ad --file @ --key X_new -o %.h5ad"],
      open: { _ = try NPYFile.read($0) }),
    Kind(
      name: "embedding table", share: 2, path: "table.csv", seeds: ["table.csv"],
      companions: ["cortex.h5ad": "cortex.h5ad"], format: .text,
      commands: ["import-embedding ^/cortex.h5ad --file @ --key X_new -o %.h5ad"], open: { _ = try readFile($0) }),
    Kind(
      name: "png", share: 8, path: "tissue.png", seeds: SamplePNG.names, format: .png,
      open: { _ = PNGText.entries(ofPNG: try readFile($0)) }, read: { _ = try Image(pngFile: $0) }),
    Kind(
      name: "checkpoint", share: 8, path: "run/model.safetensors", seeds: ["run/model.safetensors"],
      companions: ["slice.h5ad": "slice.h5ad"], format: .safetensors,
      commands: ["predict ^ ^/../slice.h5ad -o %.h5ad"],
      oneOf: ["perturb ^ ^/../slice.h5ad --gene MBP -o %.folder --no-maps"],
      open: { _ = try Safetensors(contentsOf: $0) }),
    Kind(
      name: "state", share: 4, path: "run/state.safetensors", seeds: ["run/state.safetensors"],
      companions: ["run/config.yaml": "run/config.yaml", "slice.h5ad": "slice.h5ad"], format: .safetensors,
      commands: ["train ^/../slice.h5ad -o ^ --resume"],
      open: { _ = try Safetensors(contentsOf: $0) }),
    Kind(
      name: "config", share: 4, path: "config.yaml", seeds: ["run/config.yaml", "configuration/published.yaml"],
      format: .text, open: { _ = try readFile($0) }, read: { _ = try TrainingConfiguration.resolved(file: $0) }),
    Kind(
      name: "history", share: 3, path: "run/history.csv", seeds: ["run/history.csv"], format: .text,
      commands: ["plot history ^ -o %.svg", "plot history @ -o %.svg"], open: { _ = try readFile($0) }),
    Kind(
      name: "predictions", share: 3, path: "run/predictions.csv", seeds: ["run/predictions.csv"], format: .text,
      commands: ["plot confusion ^ -o %.svg"], open: { _ = try readFile($0) }),
    Kind(
      name: "metrics", share: 2, path: "run/metrics.json", seeds: ["run/metrics.json"],
      companions: ["run/history.csv": "run/history.csv"], format: .text,
      commands: ["plot history ^ -o %.svg"], open: { _ = try readFile($0) }),
  ]

  /// The other files of a Visium folder.
  private static func visium(but file: String) -> [String: String] {
    var files = ["visium/filtered_feature_bc_matrix.h5": "tenx/visium1/filtered_feature_bc_matrix.h5.gz"]
    for name in [
      "tissue_positions_list.csv", "scalefactors_json.json", "tissue_lowres_image.png", "tissue_hires_image.png",
    ] where name != file {
      files["visium/spatial/" + name] = "tenx/visium1/spatial/" + name
    }
    return files
  }
}
