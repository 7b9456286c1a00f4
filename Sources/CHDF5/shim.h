#pragma once
#include <hdf5.h>

// What Swift cannot import: macros that expand to a library call, a cast or a global.

static inline unsigned stomics_h5f_trunc(void) { return H5F_ACC_TRUNC; }
static inline unsigned stomics_h5f_excl(void) { return H5F_ACC_EXCL; }

static inline hid_t stomics_h5p_file_access(void) { return H5P_FILE_ACCESS; }
static inline hid_t stomics_h5p_group_create(void) { return H5P_GROUP_CREATE; }
static inline hid_t stomics_h5p_link_create(void) { return H5P_LINK_CREATE; }
static inline hid_t stomics_h5p_dataset_create(void) { return H5P_DATASET_CREATE; }

static inline size_t stomics_h5t_variable(void) { return H5T_VARIABLE; }
static inline hid_t stomics_h5t_c_s1(void) { return H5T_C_S1; }
static inline hid_t stomics_h5t_std_ref_obj(void) { return H5T_STD_REF_OBJ; }
static inline hid_t stomics_h5t_int8(void) { return H5T_NATIVE_INT8; }
static inline hid_t stomics_h5t_int16(void) { return H5T_NATIVE_INT16; }
static inline hid_t stomics_h5t_int32(void) { return H5T_NATIVE_INT32; }
static inline hid_t stomics_h5t_int64(void) { return H5T_NATIVE_INT64; }
static inline hid_t stomics_h5t_uint8(void) { return H5T_NATIVE_UINT8; }
static inline hid_t stomics_h5t_uint16(void) { return H5T_NATIVE_UINT16; }
static inline hid_t stomics_h5t_uint32(void) { return H5T_NATIVE_UINT32; }
static inline hid_t stomics_h5t_uint64(void) { return H5T_NATIVE_UINT64; }
static inline hid_t stomics_h5t_float(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t stomics_h5t_double(void) { return H5T_NATIVE_DOUBLE; }

