using MetaService.Records.Cloud;

namespace MetaService.Security;

/// <summary>The changes of a pair of keys. None can leave a clear secret in a part that says it is sealed.</summary>
public static class AccessKeyPairs
{
    /// <summary>Whether there is anything in it that must not be stored clear.</summary>
    public static bool HasSecrets(this IAccessKeyPair pair) => pair.Ak.Length > 0 || pair.Sk.Length > 0;

    /// <summary>Whether its secrets are sealed.</summary>
    public static bool IsSealed(this IAccessKeyPair pair) => pair.EncryptionInfo is not null;

    /// <summary>Puts in other keys, clear ones.</summary>
    public static void SetKeys(this IAccessKeyPair pair, string ak, string sk)
    {
        pair.Ak = ak;
        pair.Sk = sk;
        pair.EncryptionInfo = null;
    }

    /// <summary>Puts in the clear form of what is sealed; what is not set stays so.</summary>
    public static void SetOpened(this IAccessKeyPair pair, string ak, string sk)
    {
        if (pair.HasAk)
        {
            pair.Ak = ak;
        }

        if (pair.HasSk)
        {
            pair.Sk = sk;
        }

        pair.EncryptionInfo = null;
    }

    /// <summary>Takes the keys out.</summary>
    public static void ClearKeys(this IAccessKeyPair pair)
    {
        pair.ClearAk();
        pair.ClearSk();
        pair.EncryptionInfo = null;
    }
}
