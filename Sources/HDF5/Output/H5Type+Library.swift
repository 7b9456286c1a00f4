internal import CHDF5

extension H5Type {
  /// The library's type of the same form, for files and, of types without references to the heap, for memory too.
  /// Nil for what the library is not asked to make: references, and types of unknown kinds.
  func libraryType() -> Handle? {
    switch self {
    case .integer(let bytes, let signed, let form): return H5Type.integerType(bytes, signed, form)
    case .float(let bytes, let form): return H5Type.floatType(bytes, form)
    case .fixedString(let bytes, let form):
      guard let type = Handle(H5Tcopy(stomics_h5t_c_s1()), H5Tclose), H5Tset_size(type.id, bytes) >= 0 else {
        return nil
      }
      return form.apply(to: type)
    case .variableString(let form): return H5Types.variable().flatMap { form.apply(to: $0) }
    case .enumeration(let base, let names, let values):
      guard let baseType = base.libraryType(), let type = Handle(H5Tenum_create(baseType.id), H5Tclose) else {
        return nil
      }
      for (name, value) in zip(names, values) {
        var bytes = withUnsafeBytes(of: value.littleEndian) { Array($0.prefix(base.fileBytes)) }
        if case .integer(_, _, let form) = base, form.isBigEndian { bytes.reverse() }
        guard H5Tenum_insert(type.id, name, bytes) >= 0 else { return nil }
      }
      return type
    case .compound(let bytes, let fields):
      guard let type = Handle(H5Tcreate(H5T_COMPOUND, bytes), H5Tclose) else { return nil }
      for field in fields {
        guard let member = field.type.libraryType(), H5Tinsert(type.id, field.name, field.offset, member.id) >= 0 else {
          return nil
        }
      }
      return type
    case .array(let element, let dimensions):
      guard let base = element.libraryType() else { return nil }
      return Handle(H5Tarray_create2(base.id, UInt32(dimensions.count), dimensions.map { hsize_t($0) }), H5Tclose)
    case .variableArray(let element):
      guard let base = element.libraryType() else { return nil }
      return Handle(H5Tvlen_create(base.id), H5Tclose)
    case .opaque(let bytes, let tag):
      guard let type = Handle(H5Tcreate(H5T_OPAQUE, bytes), H5Tclose), H5Tset_tag(type.id, tag) >= 0 else { return nil }
      return type
    case .objectReference, .other: return nil
    }
  }

  private static func integerType(_ bytes: Int, _ signed: Bool, _ form: IntegerForm) -> Handle? {
    guard let type = Handle(H5Tcopy(signed ? stomics_h5t_int8() : stomics_h5t_uint8()), H5Tclose),
      H5Tset_size(type.id, bytes) >= 0, H5Tset_order(type.id, form.isBigEndian ? H5T_ORDER_BE : H5T_ORDER_LE) >= 0,
      H5Tset_precision(type.id, form.precision) >= 0, H5Tset_offset(type.id, form.bitOffset) >= 0
    else { return nil }
    return type
  }

  private static func floatType(_ bytes: Int, _ form: FloatForm) -> Handle? {
    let total = max(form.sign + 1, form.exponent.upperBound, form.mantissa.upperBound)
    guard let type = Handle(H5Tcopy(bytes <= 4 ? stomics_h5t_float() : stomics_h5t_double()), H5Tclose),
      bytes <= 8 || H5Tset_size(type.id, bytes) >= 0,
      // The parts must fit the precision at every moment: a wide type is narrowed last, a narrow one widened first.
      bytes <= 8 || H5Tset_precision(type.id, total) >= 0,
      H5Tset_fields(
        type.id, form.sign, form.exponent.lowerBound, form.exponent.count, form.mantissa.lowerBound,
        form.mantissa.count) >= 0,
      bytes > 8 || H5Tset_precision(type.id, total) >= 0, bytes > 8 || H5Tset_size(type.id, bytes) >= 0,
      H5Tset_ebias(type.id, form.bias) >= 0,
      H5Tset_norm(type.id, form.hasImpliedOne ? H5T_NORM_IMPLIED : H5T_NORM_NONE) >= 0,
      H5Tset_order(type.id, form.isBigEndian ? H5T_ORDER_BE : H5T_ORDER_LE) >= 0
    else { return nil }
    return type
  }
}

extension H5Type.TextForm {
  fileprivate func apply(to type: Handle) -> Handle? {
    let pad: H5T_str_t =
      switch padding {
      case .nulTerminated: H5T_STR_NULLTERM
      case .nulPadded: H5T_STR_NULLPAD
      case .spacePadded: H5T_STR_SPACEPAD
      }
    guard H5Tset_strpad(type.id, pad) >= 0, H5Tset_cset(type.id, isUTF8 ? H5T_CSET_UTF8 : H5T_CSET_ASCII) >= 0 else {
      return nil
    }
    return type
  }
}
