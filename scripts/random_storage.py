"""How HDF5 keeps the objects of random_anndata: versions of the format, chunks, filters, links, byte orders."""
import anndata as ad
import h5py
import numpy as np

# (lowest, highest) format; what this h5py's library does not know is left out.
formats = ["earliest", "v108", "v110", "v112", "v114", "latest"]
links = ["soft", "hard", "external"]
filters = [
    {}, {"compression": "gzip", "compression_opts": 1}, {"compression": "gzip", "shuffle": True},
    {"compression": "lzf"}, {"compression": "lzf", "shuffle": True}, {"compression": "gzip", "fletcher32": True},
    {"fletcher32": True}, {"shuffle": True}, {"compression": "gzip", "shuffle": True, "fletcher32": True}]
if h5py.h5z.filter_avail(h5py.h5z.FILTER_SZIP) and h5py.h5z.get_filter_info(h5py.h5z.FILTER_SZIP) & 1:
    filters += [{"compression": "szip", "compression_opts": (how, 8)} for how in ["nn", "ec"]]
# Those that strings of varying length can go through.
common = filters[:5]


def known(form):
    try:
        with h5py.File("probe", "w", libver=(form, "latest"), driver="core", backing_store=False):
            return True
    except (ValueError, KeyError):
        return False


formats = [form for form in formats if known(form)]


def write(data, path, random, tally):
    """Writes the object and then changes how some of it is kept; `tally` counts what was done."""
    form = random.choice(formats)
    block = int(random.choice([0, 0, 0, 512, 2048]))
    tracked = bool(random.random() < 0.3)
    options = dict(common[random.integers(len(common))])
    tally["format " + form] += 1
    tally["user block"] += block > 0
    tally["order of creation kept"] += tracked
    tally["written with " + (describe(options) or "no filter")] += 1
    h5py.get_config().track_order = tracked
    try:
        with h5py.File(path, "w", libver=(form, "latest"), userblock_size=block) as file:
            try:
                ad.io.write_elem(file, "/", data, dataset_kwargs=options)
            except TypeError as error:
                # anndata hands the filter on to single records, which take none.
                if "Scalar datasets" not in str(error):
                    raise
                file.clear()
                ad.io.write_elem(file, "/", data)
            change(file, path, random, tally)
    finally:
        h5py.get_config().track_order = False


def describe(options):
    return " ".join([str(options.get("compression", ""))] + [k for k in ["shuffle", "fletcher32"] if options.get(k)]).strip()


def change(file, path, random, tally):
    datasets = []
    file.visititems(lambda name, item: datasets.append(name) if isinstance(item, h5py.Dataset) else None)
    plain = [name for name in datasets if file[name].shape and file[name].size and file[name].dtype.names is None]
    for name in random.permutation(plain)[: int(random.integers(0, 6))]:
        rewrite(file, str(name), random, tally)
    # Opaque parts and compressed matrices with them: links to what stands in uns.
    uns = file["uns"]
    members = [name for name in uns if "/" not in name]
    if members and random.random() < 0.5:
        target = str(random.choice(members))
        kind = random.choice(links)
        name = f"{kind} link to {target}"[:200]
        if kind == "soft":
            uns[name] = h5py.SoftLink("/uns/" + target)
        elif kind == "hard":
            uns[name] = uns[target]
        else:
            side = path.with_suffix(".side.h5")
            with h5py.File(side, "w") as other:
                file.copy(uns[target], other, "there")
            uns[name] = h5py.ExternalLink(side.name, "/there")
        tally[kind + " link"] += 1
    # More than eight attributes are kept apart from their object in the newer formats.
    if random.random() < 0.3:
        for name in random.permutation([*datasets, "uns", "obs"])[:3]:
            for k in range(12):
                file[str(name)].attrs[f"extra {k}"] = k if k % 2 else "ü" * k
        tally["many attributes"] += 1


# What scipy and pandas do not take in the other byte order; nor do names of rows and ragged arrays.
native = {"data", "indices", "indptr", "codes", "categories", "values", "mask"}


def needs_native(file, parent, leaf):
    if not parent:
        return False
    attributes = file[parent].attrs
    return leaf in native or attributes.get("_index") == leaf or attributes.get("encoding-type") == "awkward-array"


def rewrite(file, name, random, tally):
    """The same values in another form of dataset."""
    old = file[name]
    attributes = dict(old.attrs)
    text = h5py.check_string_dtype(old.dtype)
    values = old.asstr()[()] if text and text.length is None else old[()]
    parent, _, leaf = name.rpartition("/")
    kind = random.choice(["chunks", "growing", "fixed", "swapped", "compact", "committed", "contiguous"])
    options = {}
    type_ = old.dtype
    if kind == "swapped" and old.dtype.kind in "iuf" and old.dtype.itemsize in (2, 4, 8) and not needs_native(file, parent, leaf):
        type_ = old.dtype.newbyteorder(">")
    elif kind == "fixed" and text and text.length is None:
        longest = max(len(value.encode()) for value in values.ravel())
        type_ = h5py.string_dtype("utf-8", max(1, longest))
        values = np.array([value.encode() for value in values.ravel()], dtype=type_).reshape(values.shape)
    elif kind in ["chunks", "growing"]:
        options = dict(filters[random.integers(len(filters))])
        options["chunks"] = tuple(int(random.integers(1, extent + 1)) for extent in old.shape)
        if np.prod([-(-s // c) for s, c in zip(old.shape, options["chunks"])]) > 2000:
            options["chunks"] = tuple(max(1, extent // 3) for extent in old.shape)
        if kind == "growing":
            options["maxshape"] = tuple(None if random.random() < 0.6 else extent for extent in old.shape)
        if options.get("compression") == "szip":
            # The filter wants plain numbers and chunks of at least its block.
            if old.dtype.kind not in "iuf" or old.dtype.itemsize > 8 or np.prod(options["chunks"]) < 8:
                options = {"chunks": options["chunks"]}
        if options.get("fletcher32") and text:
            options.pop("fletcher32")
        tally["rewritten with " + (describe(options) or "no filter")] += 1
    elif kind == "compact" and (text or old.nbytes > 30000):
        kind = "contiguous"
    elif kind in ["swapped", "fixed"]:
        kind = "contiguous"
    tally["rewritten: " + kind] += 1
    parent = file[parent] if parent else file
    del parent[leaf]
    if kind == "compact":
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_layout(h5py.h5d.COMPACT)
        space = h5py.h5s.create_simple(values.shape)
        link = h5py.h5p.create(h5py.h5p.LINK_CREATE)
        link.set_char_encoding(h5py.h5t.CSET_UTF8)
        new = h5py.Dataset(h5py.h5d.create(parent.id, leaf.encode(), h5py.h5t.py_create(type_, logical=True), space, plist, lcpl=link))
        new[...] = values
    elif kind == "committed":
        file["committed type"] = np.dtype(type_) if not text else type_
        new = parent.create_dataset(leaf, shape=values.shape, dtype=file["committed type"])
        new[...] = values
        del file["committed type"]
    else:
        new = parent.create_dataset(leaf, data=values, dtype=type_, **options)
    for key, value in attributes.items():
        new.attrs[key] = value
