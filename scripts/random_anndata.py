"""Random annotated data over all encodings of anndata, for scripts/differential.

A cell is one encoding with one type of values. Every object holds a given list of cells, each at a random place that
takes it (X, layers, obs, obsm, uns, raw, ...), with random shapes and values: the extremes of each type among them.
"""
import anndata as ad
import numpy as np
import pandas as pd
from scipy import sparse

try:
    import awkward
except ImportError:
    awkward = None

whole = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
real = ["float32", "float64"]
plain = ["bool", *whole, "float16", *real]
complexes = ["complex64", "complex128"]
swapped = [">i2", ">i4", ">i8", ">u2", ">u4", ">u8", ">f2", ">f4", ">f8"]
names = ["a", "Z", "index", "_index", "with space", "Größe µm", "基因", "x.y", "0", "-", "obs", "categories", "😀", "A", "%d"]


def cells():
    """Every (encoding, type) that is made."""
    result = [(f"array, rank {rank}", dtype) for rank in range(5) for dtype in plain + complexes]
    result += [("array, rank 1", "longdouble"), ("array, rank 2", "longdouble")]
    result += [("array, big-endian", dtype) for dtype in swapped]
    result += [("array, no elements", dtype) for dtype in ["float64", "int32", "bool", "str"]]
    result += [(kind, dtype) for kind in ["csr_matrix", "csc_matrix"] for dtype in ["bool", *whole, *real, *complexes]]
    result += [
        (kind, form) for kind in ["csr_matrix", "csc_matrix"]
        for form in ["unsorted", "repeated", "no entries", "stored zeros", "long indices", "no rows"]]
    result += [("string-array", form) for form in ["rank 1", "rank 2", "rank 3", "numpy U", "long", "empty strings"]]
    result += [("array", "numpy S"), ("string", "str"), ("null", "None")]
    result += [("dict", form) for form in ["flat", "deep", "empty"]]
    result += [("rec-array", dtype) for dtype in [*plain, *complexes, "str", "numpy S", "vector", "nested", "single"]]
    result += [("dataframe", form) for form in ["no columns", "no rows", "many columns", "many rows"]]
    result += [("dataframe, index", form) for form in ["str", "int64", "float64", "bool", "categorical", "string", "string, missing"]]
    result += [("dataframe, index name", form) for form in ["none", "index", "odd", "a column's"]]
    result += [("column", dtype) for dtype in [*plain, *complexes, "str", ">i4", ">f8", "slash in its name"]]
    result += [("categorical", dtype) for dtype in ["str", "bool", *whole, *real, "string", "Int64"]]
    result += [
        ("categorical", form)
        for form in ["ordered", "missing", "all missing", "unused", "127", "128", "200", "33000", "no categories", "odd labels"]]
    result += [("nullable-integer", dtype) for dtype in whole]
    result += [("nullable-boolean", "bool"), ("nullable-string-array", "string")]
    result += [("nullable, by itself", dtype) for dtype in ["int8", "uint64", "bool", "string"]]
    result += [("categorical, by itself", dtype) for dtype in ["str", "float64", "int64"]]
    result += [("raw", form) for form in ["same genes", "other genes", "dense", "varm"]]
    result += [("X", form) for form in ["absent", "csr", "csc", "dense"]]
    if awkward:
        result += [("awkward-array", dtype) for dtype in ["lists", "records", "strings"]]
    return result


def numbers(random, dtype, shape):
    """Random values, the type's extremes and what is not finite among them."""
    dtype = np.dtype(dtype)
    count = int(np.prod(shape))
    if dtype.kind == "b":
        values = random.random(count) < 0.5
    elif dtype.kind in "iu":
        limits = np.iinfo(dtype)
        values = random.integers(limits.min, limits.max, count, dtype=dtype.newbyteorder("="), endpoint=True)
        small = random.random(count) < 0.5
        values[small] = values[small] % 7
        if count and random.random() < 0.5:
            values[random.integers(count)] = random.choice([limits.min, limits.max])
    else:
        values = random.normal(0, 10.0 ** random.integers(-3, 4), count)
        if random.random() < 0.3:
            values = np.round(values)
        if dtype.kind == "c":
            values = values + 1j * random.normal(size=count)
        with np.errstate(over="ignore"):
            values = values.astype(dtype.newbyteorder("="))
        if count and random.random() < 0.3:
            limits = np.finfo(dtype.newbyteorder("="))
            odd = [np.nan, np.inf, -np.inf, -0.0, limits.max, limits.tiny, limits.smallest_subnormal]
            values[random.integers(count)] = odd[random.integers(len(odd))]
    return values.astype(dtype).reshape(shape)


def text(random):
    letters = "abcXYZ 0189_-.,;'\"\t\nµüß基因😀é"
    return "".join(random.choice(list(letters), random.integers(0, 12)))


def texts(random, shape, kind=object):
    count = int(np.prod(shape))
    pool = [text(random) for _ in range(random.integers(1, 20))]
    values = np.array([pool[k] for k in random.integers(len(pool), size=count)], dtype=object)
    return values.astype(kind).reshape(shape)


def sparse_matrix(random, layout, form, shape):
    dtype = form if form in ["bool", *whole, *real, *complexes] else random.choice(["float32", "float64", "int32", "int64"])
    if form == "no rows":
        shape = (0, shape[1]) if random.random() < 0.5 else (shape[0], 0)
    density = 0 if form == "no entries" else random.choice([0.05, 0.3, 1.0])
    mask = random.random(shape) < density
    dense = np.where(mask, numbers(random, dtype, shape), np.zeros(1, dtype))
    matrix = (sparse.csr_matrix if layout == "csr_matrix" else sparse.csc_matrix)(dense)
    if form in ["unsorted", "repeated"]:
        for i in range(len(matrix.indptr) - 1):
            entries = slice(matrix.indptr[i], matrix.indptr[i + 1])
            order = random.permutation(matrix.indptr[i + 1] - matrix.indptr[i])
            matrix.indices[entries] = matrix.indices[entries][order]
            matrix.data[entries] = matrix.data[entries][order]
            if form == "repeated" and len(order) > 1:
                matrix.indices[entries.start] = matrix.indices[entries.stop - 1]
        matrix.has_sorted_indices = False
        matrix.has_canonical_format = False
    if form == "stored zeros" and matrix.nnz:
        matrix.data[random.random(matrix.nnz) < 0.4] = 0
    if form == "long indices":
        matrix.indices, matrix.indptr = matrix.indices.astype(np.int64), matrix.indptr.astype(np.int64)
    if random.random() < 0.3:
        array = sparse.csr_array if layout == "csr_matrix" else sparse.csc_array
        matrix = array((matrix.data, matrix.indices, matrix.indptr), shape=matrix.shape)
    return matrix


def records(random, form):
    n = int(random.integers(0, 6))
    if form == "str":
        return np.rec.fromarrays([texts(random, n), texts(random, n)], names="A,b c", formats="O,O")
    if form == "numpy S":
        return np.array([(i, b"ab"[: i % 3]) for i in range(n)], dtype=[("i", "<i4"), ("s", "S4")])
    if form == "vector":
        return np.array([(i, [i, 2, 3]) for i in range(n)], dtype=[("i", "<i8"), ("v", "<f4", (3,))])
    if form == "nested":
        return np.array([(i, (i, i / 2)) for i in range(n)], dtype=[("i", "<i8"), ("in", [("x", "<i4"), ("y", "<f8")])])
    if form == "single":
        return np.array((1, 2.5), dtype=[("a", "<i4"), ("b", "<f8")])
    return np.rec.fromarrays([numbers(random, form, n), numbers(random, random.choice(plain), n)], names="first,2nd")


def categorical(random, form, n):
    ordered = form == "ordered" or random.random() < 0.2
    if form == "no categories" or form == "all missing" and random.random() < 0.5:
        return pd.Categorical([None] * n, categories=np.array([], dtype=object), ordered=ordered)
    if form == "string":
        labels = pd.array(["q", "a", "ü"], dtype="string")
    elif form == "Int64":
        labels = pd.array([30, 4, -5], dtype="Int64")
    elif form == "bool":
        labels = np.array([True, False])
    elif form in whole + real:
        values = numbers(random, form, 9)
        labels = pd.unique(values[np.isfinite(values)]) if form in real else pd.unique(values)
    elif form.isdigit():
        labels = np.array([f"c{i}" for i in random.permutation(int(form))], dtype=object)
    elif form == "odd labels":
        labels = np.array(["", "nan", "NA", "None", "ü", "a/b", " ", "True"], dtype=object)
    else:
        labels = np.array([f"Layer{i}" for i in random.permutation(int(random.integers(1, 9)))], dtype=object)
    if isinstance(labels, np.ndarray):
        labels = random.permutation(labels)
    codes = random.integers(0, len(labels), n)
    if form == "unused":
        codes = np.minimum(codes, len(labels) // 2)
    if form == "missing" or random.random() < 0.2:
        codes[random.random(n) < 0.4] = -1
    if form == "all missing":
        codes[:] = -1
    return pd.Categorical.from_codes(codes, categories=pd.Index(labels), ordered=ordered)


def nullable(random, dtype, n):
    mask = random.random(n) < random.choice([0, 0.4, 1])
    if dtype == "string":
        return pd.array([None if m else t for m, t in zip(mask, texts(random, n))], dtype="string")
    values = numbers(random, dtype, n)
    return (pd.arrays.BooleanArray if dtype == "bool" else pd.arrays.IntegerArray)(values, mask)


def column(random, encoding, form, n):
    if encoding == "categorical":
        return categorical(random, form, n)
    if encoding.startswith("nullable"):
        return nullable(random, form, n)
    if form in ["str", "slash in its name"]:
        return texts(random, n)
    return numbers(random, form, n)


def frame(random, encoding, form, index=None):
    """A table of its own, or over a given index."""
    n = int(random.integers(1, 12)) if index is None else len(index)
    if encoding == "dataframe" and index is None:
        n = {"no rows": 0, "many rows": 3000}.get(form, n)
    if index is None:
        index = [f"r{i}" for i in random.permutation(n)]
        if encoding == "dataframe, index":
            index = {
                "str": lambda: pd.Index(texts(random, n)), "int64": lambda: pd.Index(random.integers(-9, 9, n)),
                "float64": lambda: pd.Index(random.normal(size=n)), "bool": lambda: pd.Index(random.random(n) < 0.5),
                "categorical": lambda: pd.CategoricalIndex(categorical(random, "str", n)),
                "string": lambda: pd.Index(pd.array([f"s{i}" for i in range(n)], dtype="string")),
                "string, missing": lambda: pd.Index(nullable(random, "string", n)),
            }[form]()
    table = pd.DataFrame(index=index)
    if form == "many columns":
        return pd.DataFrame(numbers(random, "float32", (n, 5200)), index=index, columns=[f"column {j}" for j in range(5200)])
    if form != "no columns":
        table["x"] = numbers(random, random.choice(plain), n)
        if random.random() < 0.5:
            table["µ labels"] = categorical(random, "str", n)
    if encoding == "dataframe, index name":
        if form == "a column's" and len(set(index)) == n:
            table["kept"] = table.index.to_numpy()
        table.index.name = {"none": None, "index": "index", "odd": "Größe (µm)", "a column's": "kept"}[form]
    return table


class Maker:
    """One object and the cells that were put into it."""

    def __init__(self, random, cells):
        self.random = random
        self.n, self.g = (int(random.choice([0, 1, 2, 3, 5, 17, 60], p=[0.03, 0.07, 0.1, 0.2, 0.2, 0.2, 0.2])) for _ in "ng")
        self.taken = set()
        self.data = ad.AnnData(obs=self.rows("cell", self.n), var=self.rows("gene", self.g))
        for encoding, form in cells:
            self.put(encoding, form)
        if random.random() < 0.4:
            self.add_spatial()

    def rows(self, name, count):
        kind = self.random.integers(4)
        names = [f"{name}{i}" if kind else f"{name}-ü{i}" for i in range(count)]
        index = pd.Index(names, name=[None, "index", "barcode", "基因 id"][self.random.integers(4)], dtype=object)
        return pd.DataFrame(index=index)

    def key(self, mapping):
        """A name that is free."""
        while True:
            name = str(self.random.choice(names)) + (str(self.random.integers(1000)) if self.random.random() < 0.7 else "")
            if name not in mapping and name != "_index" and (id(mapping), name) not in self.taken:
                self.taken.add((id(mapping), name))
                return name

    def put_uns(self, value):
        place = self.data.uns
        while self.random.random() < 0.3:
            inner = [v for v in place.values() if isinstance(v, dict)]
            place = inner[self.random.integers(len(inner))] if inner else place.setdefault(self.key(place), {})
        place[self.key(place)] = value

    def put_aligned(self, make, ranks=(2,)):
        """Puts `make(shape)` where an array of that shape may stand."""
        data, n, g, random = self.data, self.n, self.g, self.random
        rank = int(random.choice(ranks))
        more = tuple(int(k) for k in random.integers(1, 4, max(0, rank - 2)))
        width = int(random.integers(1, 6))
        places = ["uns", "obsm", "varm"] + (["obsp", "varp", "layers", "X"] if rank == 2 else [])
        place = random.choice(places) if rank >= 2 else "uns"
        if place == "X":
            data.X = make((n, g))
        elif place == "layers":
            data.layers[self.key(data.layers)] = make((n, g))
        elif place == "uns":
            self.put_uns(make(tuple(int(k) for k in random.integers(1, 5, rank))))
        else:
            first = n if place.startswith("obs") else g
            mapping = getattr(data, place)
            mapping[self.key(mapping)] = make((first, first) if place.endswith("p") else (first, width) + more)

    def put_column(self, encoding, form):
        random, data = self.random, self.data
        slash = "/" if form == "slash in its name" else ""
        place = random.choice(["obs", "var", "obsm", "uns"])
        if place == "uns":
            table = frame(random, "dataframe", "few")
            table[slash.join(["part", self.key(table)])] = column(random, encoding, form, len(table))
            self.put_uns(table)
        elif place == "obsm":
            table = pd.DataFrame(index=data.obs_names)
            table[slash.join(["part", self.key(table)])] = column(random, encoding, form, self.n)
            data.obsm[self.key(data.obsm)] = table
        else:
            table = getattr(data, place)
            name = self.key(table)
            while name in [table.index.name, "index"]:
                name = self.key(table)
            table[slash.join([name, "part"]) if slash else name] = column(random, encoding, form, len(table))

    def put(self, encoding, form):
        random, data = self.random, self.data
        if encoding.startswith("array, rank"):
            rank = int(encoding[-1])
            if rank == 0:
                return self.put_uns(numbers(random, form, ())[()])
            return self.put_aligned(lambda shape: numbers(random, form, shape), [rank])
        if encoding == "array, big-endian":
            return self.put_aligned(lambda shape: numbers(random, form, shape), [1, 2])
        if encoding == "array, no elements":
            shape = [(0,), (0, 3), (2, 0)][random.integers(3)]
            return self.put_uns(np.zeros(shape, object if form == "str" else form))
        if encoding in ["csr_matrix", "csc_matrix"]:
            if form == "no rows":
                return self.put_uns(sparse_matrix(random, encoding, form, (3, 4)))
            return self.put_aligned(lambda shape: sparse_matrix(random, encoding, form, shape))
        if encoding == "string-array":
            if form.startswith("rank"):
                return self.put_aligned(lambda shape: texts(random, shape), [int(form[-1])])
            return self.put_uns({
                "numpy U": lambda: texts(random, 5, "U"), "long": lambda: texts(random, 700),
                "empty strings": lambda: np.array(["", "", "x"], dtype=object)}[form]())
        if encoding == "array":
            return self.put_uns(np.array([b"ab", b"", b"\xff\x01c"]))
        if encoding == "string":
            return self.put_uns(text(random))
        if encoding == "null":
            return self.put_uns(None)
        if encoding == "dict":
            value = {"a": 1, "Z": text(random), "0": numbers(random, "float32", 3)} if form == "flat" else {}
            if form == "deep":
                for depth in range(int(random.integers(2, 9))):
                    value = {f"level {depth}": value, "beside": depth}
            return self.put_uns(value)
        if encoding == "rec-array":
            return self.put_uns(records(random, form))
        if encoding.startswith("dataframe"):
            if encoding == "dataframe" and form == "many columns" and random.random() < 0.5 and self.n:
                data.obsm[self.key(data.obsm)] = frame(random, encoding, form, data.obs_names)
                return
            return self.put_uns(frame(random, encoding, form))
        if encoding in ["column", "categorical", "nullable-integer", "nullable-boolean", "nullable-string-array"]:
            return self.put_column(encoding, form)
        if encoding == "nullable, by itself":
            return self.put_uns(nullable(random, form, 5))
        if encoding == "categorical, by itself":
            return self.put_uns(categorical(random, form, 6))
        if encoding == "awkward-array":
            rows = [
                {"lists": lambda i: [1.5] * (i % 3), "records": lambda i: {"x": i, "y": [i] * (i % 2)},
                 "strings": lambda i: ["ü" * (i % 4)]}[form](i) for i in range(self.n)]
            data.obsm[self.key(data.obsm)] = awkward.Array(rows) if self.n else awkward.Array([[1]])[:0]
            return
        if encoding == "raw":
            return self.put_raw(form)
        return self.put_x(form)

    def put_raw(self, form):
        width = self.g if form == "same genes" else self.g + int(self.random.integers(1, 9))
        shape = (self.n, width)
        x = numbers(self.random, "float32", shape) if form == "dense" else sparse_matrix(self.random, "csr_matrix", "float32", shape)
        var = pd.DataFrame({"kind": categorical(self.random, "str", width)}, index=[f"raw{j}" for j in range(width)])
        whole = ad.AnnData(x, obs=self.data.obs[[]], var=var)
        if form == "varm":
            whole.varm["load"] = numbers(self.random, "float64", (width, 2))
        self.data.raw = whole

    def put_x(self, form):
        shape = (self.n, self.g)
        if form == "absent":
            self.data.X = None
        elif form == "dense":
            self.data.X = numbers(self.random, self.random.choice(real), shape)
        else:
            self.data.X = sparse_matrix(self.random, "csc_matrix" if form == "csc" else "csr_matrix", "float32", shape)

    def add_spatial(self):
        """What squidpy keeps of a Visium slice, and a graph."""
        random, data = self.random, self.data
        data.obsm["spatial"] = random.uniform(0, 2000, (self.n, 2))
        data.uns["spatial"] = {"lib": {
            "images": {"hires": random.integers(0, 256, (4, 5, 3), dtype=np.uint8), "lowres": random.random((2, 3, 3), dtype=np.float32)},
            "scalefactors": {"tissue_hires_scalef": 0.25, "spot_diameter_fullres": 89.5}, "metadata": {"chemistry": "v1"}}}
        data.obs["domain"] = pd.Categorical.from_codes(random.integers(-1, 3, self.n), ["WM", "L1", "L6"])
        data.uns["domain_colors"] = np.array(["#ff0000", "#00ff00", "#0000ff"], dtype=object)
        data.obsp["spatial_connectivities"] = sparse.csr_matrix((random.random((self.n, self.n)) < 0.2).astype(np.float64))
