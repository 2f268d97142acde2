// Arithmetic on half: out[i] = the bits of i * 0.5 + 1 in half precision, i = 0..63.
#pragma OPENCL EXTENSION cl_khr_fp16 : enable

kernel __attribute__((reqd_work_group_size(64, 1, 1))) void probe(global int* restrict out) {
  const int lane = (int)get_local_id(0);
  half value = (half)lane;
  value = value * (half)0.5f + (half)1.0f;
  out[lane] = (int)as_ushort(value);
}
