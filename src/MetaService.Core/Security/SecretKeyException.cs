namespace MetaService.Security;

/// <summary>Keys that cannot be read or are not the right ones. The message says what to do and holds no part of a key.</summary>
public sealed class SecretKeyException(string message, Exception? inner = null) : Exception(message, inner);
