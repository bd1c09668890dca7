namespace MetaService.Keys;

/// <summary>Bytes, hex text or parameters that do not make a key. The message says what is wrong and where.</summary>
public sealed class KeyFormatException(string message) : Exception(message);
