namespace MetaService.Security;

/// <summary>
/// How ak and sk are sealed in the store, and where the keys for it come from: at most one of the three sources.
/// </summary>
public sealed class SecretOptions
{
    /// <summary>A file with the keys, in the form of <see cref="KeyringText"/>.</summary>
    public string? KeyFile { get; set; }

    /// <summary>The keys themselves, in the same form.</summary>
    public string? Keys { get; set; }

    /// <summary>
    /// A program, and its arguments separated by blanks, that prints the keys in the same form. No shell is involved.
    /// </summary>
    public string? KeyCommand { get; set; }

    /// <summary>Longest run of the program.</summary>
    public TimeSpan KeyCommandTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often to look whether the keys have changed.</summary>
    public TimeSpan ReloadInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary><c>AES_256_GCM</c>, or <c>AES_256_ECB</c> for a store that upstream works on too.</summary>
    public string Method { get; set; } = SecretCipher.Method;

    /// <summary>Whether new secrets are sealed as upstream does it.</summary>
    /// <exception cref="SecretKeyException">There is no such method.</exception>
    public bool UsesUpstreamMethod() => Method switch
    {
        SecretCipher.Method => false,
        UpstreamEcb.Method => true,
        _ => throw new SecretKeyException(
            $"Secrets:Method: '{Method}' is not one of {SecretCipher.Method}, {UpstreamEcb.Method}"),
    };
}
