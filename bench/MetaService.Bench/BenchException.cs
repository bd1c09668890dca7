namespace MetaService.Bench;

/// <summary>The run cannot go on; the message says why, for who started it.</summary>
internal sealed class BenchException(string message) : Exception(message);
