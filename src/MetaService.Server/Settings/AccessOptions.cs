namespace MetaService.Server.Settings;

/// <summary>Who is let in, beyond the clear <see cref="ServerOptions.Token"/> and <see cref="ServerOptions.Tokens"/>.</summary>
public sealed class AccessOptions
{
    /// <summary>Named tokens, hashed.</summary>
    public IList<TokenEntry> Tokens { get; init; } = [];

    /// <summary>A JSON file with more of them, which is read again when it changes.</summary>
    public string? TokensFile { get; set; }
}

/// <summary>A named token as it is written down.</summary>
public sealed class TokenEntry
{
    /// <summary>What logs and messages call it: letters, digits, <c>.</c>, <c>_</c> and <c>-</c>.</summary>
    public string Name { get; set; } = "";

    /// <summary>SHA-256 of the token's UTF-8 text, 64 hex digits.</summary>
    public string Sha256 { get; set; } = "";

    /// <summary>Names of scopes: <c>read</c>, <c>operate</c>, <c>secrets</c>, <c>raw</c>.</summary>
    public IList<string> Scopes { get; init; } = [];
}

/// <summary>Who may call RPCs over gRPC without a token: FE and BE nodes cannot send one.</summary>
public sealed class RpcOptions
{
    /// <summary>
    /// Networks in CIDR form, such as <c>10.0.0.0/8</c>, or single addresses. While there is none and every listener is on
    /// loopback, loopback is allowed.
    /// </summary>
    public IList<string> AllowedNetworks { get; init; } = [];

    /// <summary>What they may do; <c>read</c>, <c>operate</c> and <c>secrets</c> when nothing is set.</summary>
    public IList<string> Scopes { get; init; } = [];
}
